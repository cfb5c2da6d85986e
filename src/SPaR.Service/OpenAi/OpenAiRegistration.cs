using Microsoft.AspNetCore.Http.Metadata;
using SPaR.Service.Http;

namespace SPaR.Service.OpenAi;

/// <summary>The part of the API that has OpenAI's form, so that its clients work with another base URL and nothing else.</summary>
internal static class OpenAiRegistration
{
    public const string Prefix = "/openai/v1";

    public static void MapOpenAi(this IEndpointRouteBuilder app)
    {
        var openAi = app.MapGroup(Prefix).WithTags("OpenAI");
        ((IEndpointConventionBuilder)openAi).Finally(DescribeErrors);
        openAi.MapFiles();
        openAi.MapFineTuningJobs();
        openAi.MapModelList();
        openAi.MapChatCompletions();
    }

    /// <summary>Has all errors below the prefix written in OpenAI's form. Must run before whatever may refuse a request.</summary>
    public static Task AddErrorForm(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.StartsWithSegments(Prefix))
            http.Features.Set<ProblemWriter>(OpenAiError.WriteAsync);
        return next(http);
    }

    /// <summary>The results of the endpoints describe their errors as problems, which they are not here.</summary>
    private static void DescribeErrors(EndpointBuilder endpoint)
    {
        var problems = endpoint.Metadata.OfType<IProducesResponseTypeMetadata>()
            .Where(m => m.StatusCode >= StatusCodes.Status400BadRequest).ToList();
        foreach (var problem in problems)
            endpoint.Metadata.Remove(problem);
        foreach (var status in problems.Select(m => OpenAiError.StatusOf(m.StatusCode)).Distinct())
            endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(OpenAiError), ["application/json"]));
    }
}
