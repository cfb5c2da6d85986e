using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Examples;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.RunResults;

/// <summary>Exports the conversations that a run's refiner is trained on.</summary>
internal static class RefinerExampleEndpoints
{
    public static void MapRefinerExamples(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/refiner-examples", Stream)
        .WithTags("Data").RequireScope(Scope.Read).LimitStreams().WithName("GetRefinerExamples")
        .WithSummary("Export the refiner examples of a round as NDJSON")
        .WithDescription(
            "Chosen from the candidates within the limits of the run's recipe, one per distinct prompt, in a seeded random order. The last "
            + "message is what the refiner should say. An assistant message with weight 0 (OpenAI's format) is not a target: it is the "
            + "judged answer, or the critique of another judge.");

    private static async Task<Results<Ndjson<RefinerExampleRow>, NotFoundProblem>> Stream(
        string id, SparDb db, CancellationToken cancellationToken, int round = 1)
    {
        if (await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } run)
            return NotFoundProblem.Of("run", id);
        var candidates = await db.RefinerExamples.AsNoTracking().Where(e => e.RunId == id && e.Round == round)
            .ToListAsync(cancellationToken);
        var chosen = RefinerExampleSelection.Choose(candidates, run.Recipe.Examples);
        return new Ndjson<RefinerExampleRow>(
            chosen.Select(RefinerExampleRow.Of).ToAsyncEnumerable(), $"{id}-round-{round}-refiner-examples.jsonl");
    }
}

/// <param name="Source">The node (<c>r.0.1</c>) or sampled answer (<c>a2</c>) that it was taken from.</param>
internal sealed record RefinerExampleRow(IReadOnlyList<TrainingMessage> Messages, ExampleKind Kind, string InstructionId, string Source)
{
    public static RefinerExampleRow Of(RefinerExample e) => new(e.Messages, e.Kind, e.InstructionId, e.Source);
}
