using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using ModelContextProtocol.Protocol;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Mcp;

/// <summary>Calls the endpoint of a tool as the caller would by HTTP: with its scope, the checks of text and an entry in the audit log.
/// What the endpoint answers is the result.</summary>
internal sealed class ToolRunner(
    EndpointDataSource endpoints, LinkGenerator links, AuditTrail audit, IEnumerable<IExceptionHandler> problems)
{
    private const string JsonType = "application/json";

    public static IReadOnlyDictionary<string, McpTool> Tools { get; } =
        RunTools.All.Concat(ResourceTools.All).ToDictionary(tool => tool.Name);

    /// <returns>The tools that the caller's scope permits.</returns>
    public IReadOnlyList<Tool> For(HttpContext caller) =>
        [.. Tools.Values.Where(tool => IsPermitted(caller, EndpointOf(tool))).Select(tool => tool.Describe())];

    public async Task<CallToolResult> RunAsync(
        HttpContext caller, McpTool tool, IDictionary<string, JsonElement> arguments, CancellationToken cancellationToken)
    {
        await using var scope = caller.RequestServices.CreateAsyncScope();
        using var answer = new MemoryStream();
        var http = new DefaultHttpContext
        {
            RequestServices = scope.ServiceProvider,
            User = caller.User,
            RequestAborted = cancellationToken,
        };
        http.Features.Set(KeyGrant.Of(caller));
        http.Connection.RemoteIpAddress = caller.Connection.RemoteIpAddress;
        http.Response.Body = answer;
        var endpoint = EndpointOf(tool);
        http.SetEndpoint(endpoint);
        http.Request.Method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
        if (Fill(http, tool, arguments) is { } fault)
            await fault.WriteAsync(http);
        else if (!IsPermitted(caller, endpoint))
            await KeyProblems.ScopeMissing(endpoint.ScopeOf()!.Value, KeyGrant.Of(caller)!.Scope).WriteAsync(http);
        else
            await CallAsync(http, endpoint.RequestDelegate!);
        return ResultOf(http.Response.StatusCode, answer.ToArray());
    }

    private async Task CallAsync(HttpContext http, RequestDelegate endpoint)
    {
        audit.Track(http);
        try
        {
            await audit.BeginAsync(http);
            await RequestText.CheckAsync(http, endpoint);
            // A parameter that cannot be read.
            if (http.Response is { StatusCode: >= StatusCodes.Status400BadRequest, Body.Length: 0 })
                await ProblemHandler.Of(http).WriteAsync(http);
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            foreach (var problem in problems)
                if (await problem.TryHandleAsync(http, error, http.RequestAborted))
                    break;
        }
        finally
        {
            await audit.FinishAsync(http);
        }
    }

    /// <summary>Puts the arguments where the endpoint reads them.</summary>
    private Problem? Fill(HttpContext http, McpTool tool, IDictionary<string, JsonElement> arguments)
    {
        List<FieldError> errors =
        [
            .. arguments.Keys.Except(tool.Parameters.Select(p => p.Name))
                .Select(name => new FieldError(name, "is not a parameter of this tool.")),
            .. tool.Parameters.Where(p => p.IsRequired && !arguments.ContainsKey(p.Name))
                .Select(p => new FieldError(p.Name, "is missing.")),
            .. tool.Parameters.Where(p => p.Place is ParameterPlace.Path && arguments.TryGetValue(p.Name, out var id)
                && (id.ValueKind is not JsonValueKind.String || id.GetString() is ""))
                .Select(p => new FieldError(p.Name, "must be an id.")),
        ];
        if (errors.Count > 0)
            return Problem.Invalid("invalid-arguments", errors);
        var route = new RouteValueDictionary(
            Given(ParameterPlace.Path).Select(a => KeyValuePair.Create(a.Name, (object?)a.Value.GetString())));
        http.Request.RouteValues = route;
        http.Request.Path = links.GetPathByName(tool.Endpoint, route);
        http.Request.QueryString = QueryString.Create(Given(ParameterPlace.Query).Select(a => KeyValuePair.Create(
            a.Name, a.Value.ValueKind is JsonValueKind.String ? a.Value.GetString() : a.Value.GetRawText())));
        if (HttpMethods.IsGet(http.Request.Method))
            return null;
        var body = JsonSerializer.SerializeToUtf8Bytes(Given(ParameterPlace.Body).ToDictionary(a => a.Name, a => a.Value));
        (http.Request.ContentType, http.Request.ContentLength, http.Request.Body) = (JsonType, body.Length, new MemoryStream(body));
        http.Features.Set<IHttpRequestBodyDetectionFeature>(new BodyOf(body.Length));
        http.Features.Set<IHttpMaxRequestBodySizeFeature>(new BodyOf(body.Length));
        return null;

        IEnumerable<(string Name, JsonElement Value)> Given(ParameterPlace place) =>
            tool.Parameters.Where(p => p.Place == place && arguments.ContainsKey(p.Name)).Select(p => (p.Name, arguments[p.Name]));
    }

    private RouteEndpoint EndpointOf(McpTool tool) => endpoints.Endpoints.OfType<RouteEndpoint>().Single(
        e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == tool.Endpoint);

    private static bool IsPermitted(HttpContext caller, Endpoint endpoint) =>
        KeyGrant.Of(caller) is { } grant && endpoint.ScopeOf() is { } needed && grant.Scope >= needed;

    private static CallToolResult ResultOf(int status, byte[] answer)
    {
        var json = answer.Length == 0 ? new JsonObject { ["status"] = status } : JsonNode.Parse(answer)!;
        return new()
        {
            IsError = status >= StatusCodes.Status400BadRequest,
            Content = [new TextContentBlock { Text = json.ToJsonString(ApiJson.Options) }],
            StructuredContent = JsonSerializer.SerializeToElement(json is JsonObject ? json : new JsonObject { ["data"] = json }),
        };
    }

    /// <summary>A body that was read already, as a part of the client's.</summary>
    private sealed class BodyOf(long length) : IHttpRequestBodyDetectionFeature, IHttpMaxRequestBodySizeFeature
    {
        public bool CanHaveBody => length > 0;

        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
