using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Verifying;
using SPaR.Service.Live;
using SPaR.Service.Tracing;

namespace SPaR.Service.Worker;

/// <summary>Refines an answer to one prompt, for a client that waits: the method for one instruction, before all runs.</summary>
internal sealed class LiveRefinement(LiveWorkStore store)
{
    /// <param name="outputs">What an earlier worker wrote.</param>
    public async Task<LiveResult> RunAsync(
        LiveRequest request, LiveLease lease, IReadOnlyList<LiveOutput> outputs, RunModels models, CancellationToken cancellationToken)
    {
        var key = request.Key();
        var verifier = ConstraintVerifier.Of(request.Constraints, request.Messages);
        var given = request.Answer is { } text ? Given(key, text, request, models, verifier) : null;
        var journal = await LiveJournal.OpenAsync(store, lease, outputs, given, cancellationToken);
        var item = new ItemRun(key, 0, request.Messages, request.Seed, request.Recipe!, models, journal)
        {
            Verifier = verifier,
            Express = true,
            Origin = WorkTrace.Of(request.TraceParent),
        };
        await SelfPlay.RunAsync(item, cancellationToken);
        var end = journal.End!;
        return new() { State = end.State, Detail = end.Detail, Pair = end.Rows.OfType<Pair>().SingleOrDefault() };
    }

    /// <summary>The client's answer, in place of one that the actor samples.</summary>
    private static Answer Given(ItemKey key, string text, LiveRequest request, RunModels models, ConstraintVerifier? verifier) => new()
    {
        RunId = key.RunId,
        Round = key.Round,
        InstructionId = key.InstructionId,
        Index = 0,
        Text = text,
        Tokens = models.Actor.Tokenize(text),
        Truncated = false,
        Verifier = verifier?.Check(text),
        Seed = 0,
        ModelHash = models.Actor.File.Hash,
        PromptHash = PromptHash.Of(request.Messages),
    };
}
