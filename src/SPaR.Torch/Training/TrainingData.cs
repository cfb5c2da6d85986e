using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using SPaR.Abstractions;

namespace SPaR.Torch.Training;

/// <summary>Rows that training leaves out, as they stand in <c>dropped.ndjson</c>.</summary>
/// <param name="Reason"><c>over-cutoff</c>, <c>identical</c> (chosen equals rejected, token for token) or <c>empty</c> (nothing to
/// learn on one side).</param>
internal sealed record DroppedRow(string Row, int Line, string Reason, int Tokens)
{
    public const string FileName = "dropped.ndjson";
}

/// <summary>What <c>data.ndjson</c> holds: every row is checked before the first step, and what cannot be used is listed, never cut.</summary>
internal sealed record TrainingData(ImmutableArray<Example> Examples, ImmutableArray<DroppedRow> Dropped)
{
    /// <exception cref="TrainingFailureException">A row that cannot be read, named by line and field; or none is left.</exception>
    public static TrainingData Read(IEnumerable<string> lines, TrainingMethod method, int cutoff, int vocabulary)
    {
        var examples = ImmutableArray.CreateBuilder<Example>();
        var dropped = ImmutableArray.CreateBuilder<DroppedRow>();
        var number = 0;
        foreach (var line in lines)
        {
            var row = new RowReader(++number, vocabulary).Read(line, method);
            if (WhyNot(row, cutoff) is { } reason)
                dropped.Add(new DroppedRow(row.Id, number, reason, row.Length));
            else
                examples.Add(row);
        }
        var data = new TrainingData(examples.ToImmutable(), dropped.ToImmutable());
        data.RequireExamples(number, cutoff);
        return data;
    }

    private void RequireExamples(int rows, int cutoff)
    {
        if (rows == 0)
            throw new TrainingFailureException(FailureCode.NoData, $"{TrainingFolder.Data} is empty; give at least one row to train on.");
        if (Examples.Length > 0)
            return;
        if (Dropped.All(d => d.Reason == "identical"))
            throw new TrainingFailureException(FailureCode.IdenticalPairs,
                $"In all {rows} pairs the chosen side equals the rejected one, token for token: there is no preference to learn. "
                + "Check how the pairs were made.", Dropped[0].Row);
        var reasons = string.Join(", ", Dropped.GroupBy(d => d.Reason).Select(g => $"{g.Count()} {g.Key}"));
        throw new TrainingFailureException(FailureCode.NoData,
            $"None of the {rows} rows can be used ({reasons}); the cutoff is {cutoff} tokens and the shortest row has "
            + $"{Dropped.Min(d => d.Tokens)}. Raise the cutoff or change the data.");
    }

    private static string? WhyNot(Example row, int cutoff) =>
        row.Sides.Any(s => s.TargetCount == 0) ? "empty"
        : row.Sides is [var chosen, var rejected] && chosen.Tokens.SequenceEqual(rejected.Tokens) ? "identical"
        : row.Length > cutoff ? "over-cutoff"
        : null;

    private readonly struct RowReader(int line, int vocabulary)
    {
        public Example Read(string text, TrainingMethod method)
        {
            TrainingRow row;
            try
            {
                row = JsonSerializer.Deserialize<TrainingRow>(text, TrainingJson.Options) ?? throw Bad(null, "is null");
            }
            catch (JsonException e)
            {
                throw Bad(e.Path?.TrimStart('$', '.'), $"cannot be read: {e.Message}");
            }
            if (string.IsNullOrEmpty(row.Id))
                throw Bad("id", "is missing");
            if (method == TrainingMethod.Dpo && row.Weights is not null)
                throw Bad("weights", "is for SFT; a pair has none");
            return method == TrainingMethod.Dpo ? Pair(row) : Conversation(row);
        }

        private Example Pair(TrainingRow row)
        {
            var prompt = Known("prompt", row.Prompt);
            if (prompt.IsEmpty)
                throw Bad("prompt", "is empty; it holds the tokens before the answer, at least one");
            return new Example(row.Id,
                [TokenSequence.Of(prompt, Known("chosen", row.Chosen)), TokenSequence.Of(prompt, Known("rejected", row.Rejected))]);
        }

        private Example Conversation(TrainingRow row)
        {
            var tokens = Known("tokens", row.Tokens);
            if (row.Targets is not { IsDefault: false } targets)
                throw Bad("targets", "is missing");
            if (targets.Length != tokens.Length)
                throw Bad("targets", $"has {targets.Length} entries for {tokens.Length} tokens");
            return new Example(row.Id, [new TokenSequence(tokens, targets, Weights(row, targets))]);
        }

        private ImmutableArray<double>? Weights(TrainingRow row, ImmutableArray<bool> targets)
        {
            if (row.Weights is not { } weights)
                return null;
            if (weights.IsDefault || weights.Length != targets.Length)
                throw Bad("weights", $"has {(weights.IsDefault ? 0 : weights.Length)} entries for {targets.Length} tokens");
            // JSON has no infinity and no NaN.
            foreach (var (weight, isTarget) in weights.Zip(targets))
                if (isTarget && weight <= 0)
                    throw Bad("weights", $"has {weight.ToString(CultureInfo.InvariantCulture)} for a target; it must be above 0");
            return weights;
        }

        private ImmutableArray<int> Known(string field, ImmutableArray<int>? tokens)
        {
            if (tokens is not { IsDefault: false } given)
                throw Bad(field, "is missing");
            foreach (var token in given)
            {
                if (token < 0 || token >= vocabulary)
                    throw Bad(field, $"has the token {token}, which is not among the model's {vocabulary}");
            }
            return given;
        }

        private TrainingFailureException Bad(string? field, string what) => new(FailureCode.BadData,
            $"{TrainingFolder.Data}, line {line}{(string.IsNullOrEmpty(field) ? "" : $", field '{field}'")} {what}.", $"line {line}");
    }
}
