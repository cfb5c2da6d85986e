using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SPaR.Abstractions;
using SPaR.Method.Recipes;
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
                    + "refines the bad ones by tree search. Register models, submit instructions, start a run, read its data. Errors are "
                    + "application/problem+json with a stable code, the errors by field, and a trace_id. Lists are paged: pass the "
                    + "'after' of a page to get the next one.",
            });
            foreach (var comments in Directory.EnumerateFiles(AppContext.BaseDirectory, "SPaR*.xml"))
                swagger.IncludeXmlComments(comments);
            swagger.CustomSchemaIds(SchemaName);
            swagger.MapType<ulong>(() => new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "A 64-bit number, as a string.",
            });
            swagger.MapType<JsonNode>(() => new OpenApiSchema());
            swagger.OrderActionsBy(action => action.RelativePath);
            swagger.AddSecurityDefinition(KeyScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key, sent as Authorization: Bearer spar_…. ./spar keys create and POST /v1/keys show a new key "
                    + "once. Each operation names the scope that it needs; admin includes submit, and submit includes read.",
            });
            swagger.OperationFilter<Contents>();
            swagger.OperationFilter<RevisionHeaders>();
            swagger.OperationFilter<Examples>();
            swagger.OperationFilter<Keys>();
            swagger.OperationFilter<IdempotencyKeys>();
            swagger.ParameterFilter<OptionalLists>();
            swagger.SchemaFilter<NullableProperties>();
            swagger.SchemaFilter<Options>();
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

    /// <summary>A list in the query may be left out; ASP.NET calls it required all the same.</summary>
    private sealed class OptionalLists : IParameterFilter
    {
        public void Apply(IOpenApiParameter parameter, ParameterFilterContext context)
        {
            if (parameter is OpenApiParameter { In: ParameterLocation.Query, Schema.Type: JsonSchemaType.Array } list)
                list.Required = false;
        }
    }

    /// <summary>Shows the options of recipes and trainings, which the endpoints take as JSON because they are read field by
    /// field.</summary>
    private sealed class Options : ISchemaFilter
    {
        private static readonly Dictionary<string, Type> TypeOf = new()
        {
            ["Recipe"] = typeof(Recipe),
            ["Options"] = typeof(TrainingOptions),
            ["Filters"] = typeof(PairFilterOptions),
        };

        // A name is a valid value too, so these are not only objects.
        private static readonly Type[] Named = [typeof(Recipe), typeof(PromptSet), typeof(RoundBenchmark)];

        public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
        {
            if (schema is not OpenApiSchema shown)
                return;
            if (context.MemberInfo is PropertyInfo property)
            {
                if ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) == typeof(JsonElement)
                    && TypeOf.TryGetValue(property.Name, out var type))
                    shown.AllOf = [context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository)];
                if (property.PropertyType == typeof(IReadOnlyList<JsonElement>) && property.Name == "Recipes")
                    shown.Items = context.SchemaGenerator.GenerateSchema(typeof(Recipe), context.SchemaRepository);
                if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } words)
                    Restrict(shown, [.. words.Values.Select(word => JsonValue.Create((string)word!))]);
            }
            else if (context.Type.Namespace == typeof(Recipe).Namespace || context.Type == typeof(TrainingOptions)
                || context.Type == typeof(LoraOptions))
            {
                // What is left out has its default.
                if (context.Type != typeof(PromptSet))
                    shown.Required?.Clear();
                if (Named.Contains(context.Type))
                    shown.Type = null;
                if (context.Type == typeof(Recipe))
                    shown.Properties?.Add("base", new OpenApiSchema { Type = JsonSchemaType.String, Description = "A named recipe." });
                if (context.Type == typeof(TrainingOptions) && shown.Properties?["seed"] is OpenApiSchema seed)
                    seed.ReadOnly = true;
                if (context.Type == typeof(TrainingOptions) || context.Type == typeof(LoraOptions))
                    OptionSchema.Complete(shown, context.Type);
            }
        }

        /// <summary>A list of words may be given as one word.</summary>
        private static void Restrict(OpenApiSchema shown, List<JsonNode> words)
        {
            if (shown.Items is not OpenApiSchema item)
            {
                shown.Enum = words;
                return;
            }

            item.Enum = words;
            var list = new OpenApiSchema { Type = shown.Type, Items = item };
            (shown.Type, shown.Items, shown.OneOf) = (null, null, [item, list]);
        }
    }

    /// <summary>Adds the examples of the endpoints, and the answers that any endpoint may give.</summary>
    private sealed class Examples : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            foreach (var example in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<BodyExample>())
                if (operation.RequestBody?.Content?.TryGetValue(example.ContentType, out var content) is true
                    && content is OpenApiMediaType media)
                    media.Example = JsonNode.Parse(example.Text);
            foreach (var rows in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RowsFormat>())
                operation.AddExtension(RowsFormat.Extension, new JsonNodeExtension(rows.Name));
            if (operation.RequestBody is not null)
                operation.Responses?.TryAdd("400", new OpenApiResponse { Description = "The body is not JSON of the expected form." });
            operation.Responses?.TryAdd("503", new OpenApiResponse { Description = "PostgreSQL does not respond." });
        }
    }

    private sealed class IdempotencyKeys : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            if (!context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IdempotentEndpoint>().Any())
                return;
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = IdempotentConventions.Header,
                In = ParameterLocation.Header,
                Description = "The same request with the same key is done once and answered the same, for a day. 1 to 255 visible ASCII "
                    + "characters, such as a UUID.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
            });
            operation.Responses?.TryAdd("409", new OpenApiResponse
            {
                Description = "The first request with this Idempotency-Key is still in progress; retry after Retry-After seconds.",
            });
        }
    }

    /// <summary>Adds to each operation the scope that it needs, and the answers to a caller without it.</summary>
    private sealed class Keys : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            if (ScopeConventions.ScopeOf(context.ApiDescription.ActionDescriptor.EndpointMetadata) is not { } scope)
                return;
            var name = scope.ToString().ToLowerInvariant();
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }];
            operation.Description = $"{operation.Description}{(operation.Description is null ? "" : " ")}Scope: {name}.";
            operation.Responses?.TryAdd("401", new OpenApiResponse { Description = "The key is missing or not valid; code says which." });
            if (scope > Scope.Read)
                operation.Responses?.TryAdd("403", new OpenApiResponse { Description = $"The key lacks the scope {name}." });
            operation.Responses?.TryAdd(
                "429", new OpenApiResponse { Description = "Too many requests, or too many wrong keys; retry after Retry-After seconds." });
        }
    }
}
