using System.Diagnostics;
using SPaR.Method.Input;
using SPaR.Method.Items;

namespace SPaR.Method.Tracing;

/// <summary>The spans of one instruction: its work, and below it sample, judge, refine, expand and pair. The generations below them are
/// <see cref="GenerationTrace"/>'s. Nobody listens: nothing is recorded.</summary>
internal static class MethodTrace
{
    private const string Evaluated = "gen_ai.evaluation.result", Subject = "spar.subject";

    private static readonly ActivitySource Source = new("SPaR.Method");

    /// <summary>Starts the span of an instruction. It is part of the trace of a request that a person waits for; otherwise its trace is its
    /// own, with a link to the request that asked for it.</summary>
    public static Activity? StartInstruction(ItemRun item) => Source.StartActivity(
        ActivityKind.Internal,
        item.Express ? item.Origin : default,
        [
            new("spar.run.id", item.Key.RunId), new("spar.round", item.Key.Round), new("spar.instruction.id", item.Key.InstructionId),
            new("spar.instruction.ordinal", item.Ordinal),
        ],
        item.Express || item.Origin == default ? null : [new(item.Origin)],
        name: "instruction");

    public static Activity? Start(string step, string? subject = null)
    {
        var span = Source.StartActivity(step);
        return subject is null ? span : span?.SetTag(Subject, subject);
    }

    public static void End(Activity? instruction, ItemEnd end) =>
        instruction?.SetTag("spar.item.state", EnumName.Of(end.State)).SetTag("spar.item.detail", end.Detail);

    /// <summary>Adds what the judge said to the current span.</summary>
    public static void Judged(Judgement judgement)
    {
        if (Activity.Current is { IsAllDataRequested: true } span)
            span.AddEvent(Result(
                "judge", judgement.Subject, judgement.Value, EnumName.Of(judgement.Label),
                judgement.Critique is { } critique ? judgement.Votes[critique].Text : null));
    }

    /// <summary>Adds what the verifier said to the current span.</summary>
    public static void Verified(string subject, Verification? verification)
    {
        if (verification is not null && Activity.Current is { IsAllDataRequested: true } span)
            span.AddEvent(Result(
                "constraints", subject, verification.ShareStrict, verification.AllStrict ? "pass" : "fail",
                string.Join(", ", verification.Constraints.Where(c => !c.Strict).Select(c => c.Id))));
    }

    private static ActivityEvent Result(string name, string subject, double? value, string label, string? explanation)
    {
        var tags = new ActivityTagsCollection
        {
            ["gen_ai.evaluation.name"] = name,
            ["gen_ai.evaluation.score.label"] = label,
            [Subject] = subject,
        };
        if (value is not null)
            tags["gen_ai.evaluation.score.value"] = value;
        if (!string.IsNullOrEmpty(explanation) && GenerationTrace.RecordsContent)
            tags["gen_ai.evaluation.explanation"] = explanation;
        return new(Evaluated, tags: tags);
    }
}
