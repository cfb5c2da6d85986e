using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Items;

namespace SPaR.Service.Evaluations;

/// <summary>The answers of a run that its judge has judged and a program has verified, as items of <see cref="JudgeAgreementBenchmark"/>,
/// so that any judge, in any way of judging, can be compared with the verifier.</summary>
internal static class VerifiedAnswerStore
{
    /// <returns>Why there are no items, by field; null where there are.</returns>
    public static async Task<FieldError?> FaultAsync(SparDb db, string runId, int? round, CancellationToken cancellationToken)
    {
        if (await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == runId, cancellationToken) is not { } run)
            return new("run", $"There is no run '{runId}'; /v1/runs lists them.");
        if (round < 1 || round > run.Rounds)
            return new("round", $"The run '{runId}' has {run.Rounds} round(s); there is no round {round}.");
        if (run.Status is RunStatus.Queued or RunStatus.Running or RunStatus.Pausing or RunStatus.Cancelling)
            return new("run", $"The run '{runId}' is {EnumName.Of(run.Status)} and its answers may still grow; wait, or pause it.");
        return await db.Answers
            .AnyAsync(a => a.RunId == runId && (round == null || a.Round == round) && a.Verifier != null, cancellationToken)
            ? null
            : new("run", $"No answer of the run '{runId}' was verified; submit its instructions with constraints.");
    }

    /// <summary>Writes the sampled answers and the refinements that were judged, in the order of rounds and instructions, as NDJSON. An
    /// answer is the judge's own where the model that judged it wrote it. Blank ones are left out: there is nothing to judge.</summary>
    public static async Task WriteAsync(SparDb db, string runId, int? round, Stream file, CancellationToken cancellationToken)
    {
        var answers = db.Database.SqlQuery<VerifiedAnswer>(
            $"""
            WITH judged AS (
                SELECT run_id, round, instruction_id, 'a' || index AS subject, 0 AS attempt, text, model_hash, verifier FROM spar.answers
                UNION ALL
                SELECT run_id, round, instruction_id, path, judged_attempt, text, model_hash, verifier FROM spar.nodes
                WHERE judged_as = path)
            SELECT round, i.ordinal, subject, i.messages::text AS messages, a.text,
                (a.verifier->>'all_strict')::boolean AS followed, a.model_hash = j.model_hash AS own
            FROM judged a JOIN spar.judgements j USING (run_id, round, instruction_id, subject, attempt)
                JOIN spar.instructions i ON i.id = instruction_id
            WHERE run_id = {runId} AND ({round}::int IS NULL OR round = {round}) AND a.verifier IS NOT NULL AND btrim(a.text) <> ''
            ORDER BY round, i.ordinal, subject
            """).AsAsyncEnumerable();
        await foreach (var answer in answers.WithCancellation(cancellationToken))
        {
            await file.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(Item(answer)), cancellationToken);
            file.WriteByte((byte)'\n');
        }
    }

    private static object Item(VerifiedAnswer answer) => new
    {
        key = $"{answer.Round}/{answer.Ordinal}/{answer.Subject}",
        instruction = PreferenceRow.Plain(JsonSerializer.Deserialize<ChatMessage[]>(answer.Messages, RowJson.Options)!),
        answer = answer.Text,
        label = answer.Followed,
        by = answer.Own ? JudgeMetrics.Self : JudgeMetrics.Other,
    };

    private sealed record VerifiedAnswer(
        int Round, int Ordinal, string Subject, string Messages, string Text, bool Followed, bool Own);
}
