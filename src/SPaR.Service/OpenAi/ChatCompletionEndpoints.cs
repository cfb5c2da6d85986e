using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Live;

namespace SPaR.Service.OpenAi;

/// <summary>Chat completions as OpenAI's API has them, on any registered model.</summary>
internal static class ChatCompletionEndpoints
{
    public static void MapChatCompletions(this IEndpointRouteBuilder openAi) => openAi.MapPost("/chat/completions", Complete)
        .RequireScope(Scope.Submit).LimitStreams().WithName("CreateChatCompletion")
        .WithMetadata(new RequestSizeLimitAttribute(RefinementEndpoints.MaxBodyBytes))
        .WithSummary("Answer a conversation, as OpenAI's API does")
        .WithDescription(
            "With stream, the answer comes in chunks as server-sent events, and [DONE] at the end. tree_search answers with the best "
            + "answer of a tree search instead. Fields that are not supported are refused unless they have their default. Errors have "
            + "OpenAI's form. A client that closes the connection cancels the request.")
        .WithMetadata(new BodyExample("""
            {
              "model": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10",
              "messages": [{ "role": "user", "content": "Name a colour." }],
              "max_completion_tokens": 100, "temperature": 0.7, "seed": 1, "stop": ["\n\n"]
            }
            """))
        .Produces<ChatCompletion>(StatusCodes.Status200OK, "application/json", EventStream.ServerSent)
        .Produces<OpenAiError>(StatusCodes.Status400BadRequest)
        .Produces<OpenAiError>(StatusCodes.Status404NotFound)
        .Produces<OpenAiError>(StatusCodes.Status429TooManyRequests)
        .Produces<OpenAiError>(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> Complete(
        ChatCompletionRequest asked, SparDb db, LiveSubmission submission, IOptions<LiveOptions> options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var request = await new ChatCompletionReader(asked, options.Value, errors).ReadAsync(db, time, cancellationToken);
        if (errors.Find(e => e.Field is "model") is { } unknown)
            return new ProblemResult(Problem.NotFound("model-not-found", unknown.Message) with { Errors = [unknown] });
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-chat-completion", errors);
        var (answer, refusal) = await submission.SubmitAsync(request, cancellationToken);
        if (answer is null)
            return new ProblemResult(refusal!);
        var chat = new ChatAnswer(asked, request, answer);
        IResult? result = null;
        try
        {
            return result = asked.Stream is true ? await chat.StreamAsync(cancellationToken) : await chat.WholeAsync(cancellationToken);
        }
        finally
        {
            // The stream owns it from here on.
            if (result is not EventStream)
                await answer.DisposeAsync();
        }
    }
}
