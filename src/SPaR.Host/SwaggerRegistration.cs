using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using Swashbuckle.AspNetCore.SwaggerGen;
using Scope = SPaR.Service.Keys.Scope;

namespace SPaR.Host;

/// <summary>The OpenAPI document and its page at <c>/swagger</c>.</summary>
internal static class SwaggerRegistration
{
    private const string Version = "v1", KeyScheme = "key";

    public static IServiceCollection AddSparSwagger(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddTransient<ISerializerDataContractResolver>(_ => new JsonSerializerDataContractResolver(ApiJson.Options));
        return services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc(Version, new()
            {
                Title = "SPaR",
                Version = Version,
                Description = "Makes preference pairs without labels: an actor answers instructions, a refiner judges the answers and "
                    + "mends the bad ones by tree search. Register models, submit instructions, start a run, read its data. Errors are "
                    + "application/problem+json with a stable code, the errors by field, and a trace_id. Lists come in pages: pass "
                    + "'after' of one page to get the next.",
            });
            foreach (var comments in Directory.EnumerateFiles(AppContext.BaseDirectory, "SPaR*.xml"))
                swagger.IncludeXmlComments(comments);
            swagger.SupportNonNullableReferenceTypes();
            swagger.NonNullableReferenceTypesAsRequired();
            swagger.CustomSchemaIds(SchemaName);
            swagger.MapType<ulong>(() => new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "A number of 64 bits, as a string.",
            });
            swagger.OrderActionsBy(action => action.RelativePath);
            swagger.AddSecurityDefinition(KeyScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A key, as ./spar keys create or POST /v1/keys shows it once: Authorization: Bearer spar_…. Each address "
                    + "says the scope that it needs; admin includes submit, and submit includes read.",
            });
            swagger.OperationFilter<Examples>();
            swagger.OperationFilter<Keys>();
        });
    }

    public static void UseSparSwagger(this WebApplication app)
    {
        app.MapSwagger().RequireScope(Scope.Read);
        app.MapSwaggerUI(setupAction: page =>
        {
            page.DocumentTitle = "SPaR API";
            page.SwaggerEndpoint($"{Version}/swagger.json", "SPaR v1");
        }).RequireScope(Scope.Read);
    }

    // Page<RunView> becomes PageOfRun; a view is named after what it shows.
    private static string SchemaName(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`')]}Of{string.Concat(type.GetGenericArguments().Select(SchemaName))}"
        : type.Name.EndsWith("View", StringComparison.Ordinal) ? type.Name[..^4] : type.Name;

    /// <summary>Puts the examples that stand beside the endpoints into the document, and what any of them may answer.</summary>
    private sealed class Examples : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            foreach (var example in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<BodyExample>())
                if (operation.RequestBody?.Content?.TryGetValue(example.ContentType, out var content) is true
                    && content is OpenApiMediaType media)
                    media.Example = JsonNode.Parse(example.Text);
            if (operation.RequestBody is not null)
                operation.Responses?.TryAdd("400", new OpenApiResponse { Description = "The body is not JSON of the expected form." });
            operation.Responses?.TryAdd("503", new OpenApiResponse { Description = "PostgreSQL does not answer." });
        }
    }

    /// <summary>Says of each operation which scope it needs, and how it answers who has none.</summary>
    private sealed class Keys : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            if (ScopeConventions.ScopeOf(context.ApiDescription.ActionDescriptor.EndpointMetadata) is not { } scope)
                return;
            var name = scope.ToString().ToLowerInvariant();
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }];
            operation.Description = $"{operation.Description}{(operation.Description is null ? "" : " ")}Scope: {name}.";
            operation.Responses?.TryAdd("401", new OpenApiResponse { Description = "No key, or none that is live; code says which." });
            if (scope > Scope.Read)
                operation.Responses?.TryAdd("403", new OpenApiResponse { Description = $"The key has not the scope {name}." });
            operation.Responses?.TryAdd(
                "429", new OpenApiResponse { Description = "Too many requests, or too many wrong keys; Retry-After says when again." });
        }
    }
}
