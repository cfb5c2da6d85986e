using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Mcp;

/// <summary>The API's main verbs as tools for language models, by the Model Context Protocol over HTTP. No session is kept: any process
/// can answer any request.</summary>
public static class McpRegistration
{
    public const string Address = "/mcp";

    private const string Instructions =
        "SPaR teaches a language model to follow instructions better. The usual path: list_models, create_instruction_set, estimate_run, "
        + "start_run with preview, start_run, show_run until it has succeeded, list_pairs, start_training, start_evaluation, "
        + "compare_evaluations. Lists are pages: pass 'after' of a page to get the next. An error has a stable code and names the field.";

    public static IServiceCollection AddSparMcp(this IServiceCollection services)
    {
        services.AddHttpContextAccessor().AddSingleton<ToolRunner>();
        services.AddMcpServer(server =>
        {
            server.ServerInfo = new() { Name = "spar", Version = typeof(McpRegistration).Assembly.GetName().Version!.ToString() };
            server.ServerInstructions = Instructions;
        }).WithHttpTransport(http => http.Stateless = true).WithListToolsHandler(ListAsync).WithCallToolHandler(CallAsync);
        return services;
    }

    /// <summary>Every call counts as a request of its key; what a tool changes is in the audit log under the tool's endpoint.</summary>
    public static void MapSparMcp(this IEndpointRouteBuilder app) => app.MapMcp(Address).RequireScope(Scope.Read).LimitStreams()
        .WithMetadata(new RequestEnvelope()).ExcludeFromDescription();

    private static ValueTask<ListToolsResult> ListAsync(
        RequestContext<ListToolsRequestParams> request, CancellationToken cancellationToken)
    {
        var (runner, http) = Of(request.Services!);
        return ValueTask.FromResult(new ListToolsResult { Tools = [.. runner.For(http)] });
    }

    private static async ValueTask<CallToolResult> CallAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        if (!ToolRunner.Tools.TryGetValue(request.Params!.Name, out var tool))
            throw new McpProtocolException($"There is no tool '{request.Params.Name}'; tools/list lists them.", McpErrorCode.InvalidParams);
        var (runner, http) = Of(request.Services!);
        return await runner.RunAsync(http, tool, request.Params.Arguments ?? new Dictionary<string, JsonElement>(), cancellationToken);
    }

    private static (ToolRunner Runner, HttpContext Http) Of(IServiceProvider services) =>
        (services.GetRequiredService<ToolRunner>(), services.GetRequiredService<IHttpContextAccessor>().HttpContext!);
}
