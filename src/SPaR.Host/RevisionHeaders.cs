using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SPaR.Host;

/// <summary>Adds the headers that keep two people from overwriting each other's changes: those of a request that can be answered with 412,
/// and the ETag that they name.</summary>
internal sealed class RevisionHeaders : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.Responses is not { } responses)
            return;
        var changes = responses.ContainsKey("412");
        if (changes)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(Header("If-Match", "The ETag of what is changed. Needed where there is something to change."));
            if (context.ApiDescription.HttpMethod == "PUT")
                operation.Parameters.Add(Header("If-None-Match", "*: only if there is nothing yet."));
        }

        if ((changes || responses.ContainsKey("304")) && responses.TryGetValue("200", out var ok) && ok is OpenApiResponse response)
        {
            response.Headers ??= new Dictionary<string, IOpenApiHeader>();
            response.Headers["ETag"] = new OpenApiHeader
            {
                Description = "Names this state of it, for If-Match.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }
    }

    private static OpenApiParameter Header(string name, string what) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = what,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
