using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace SPaR.Torch.Training;

/// <summary>A row that training leaves out, as listed in <c>dropped.ndjson</c>.</summary>
/// <param name="Reason"><c>over-max-length</c>, <c>identical</c> (chosen equals rejected, token for token) or <c>empty</c> (a
/// side without targets).</param>
internal sealed record DroppedRow(string Row, int Line, string Reason, int Tokens)
{
    public const string FileName = "dropped.ndjson";
}

/// <summary>The content of <c>data.ndjson</c>. Every row is checked before the first step; unusable ones are listed, none is cut.</summary>
internal sealed record TrainingData(ImmutableArray<Example> Examples, ImmutableArray<DroppedRow> Dropped)
{
    /// <summary>Rows that are evaluated and not trained on.</summary>
    public ImmutableArray<Example> HeldOut { get; init; } = [];

    /// <param name="file">What messages call it.</param>
    /// <exception cref="TrainingFailureException">A row cannot be read (the message names line and field), or none is usable.</exception>
    public static TrainingData Read(
        IEnumerable<string> lines, TrainingMethod method, int maxLength, int vocabulary, string file = TrainingFolder.Data)
    {
        var examples = ImmutableArray.CreateBuilder<Example>();
        var dropped = ImmutableArray.CreateBuilder<DroppedRow>();
        var number = 0;
        foreach (var line in lines)
        {
            var row = new RowReader(file, ++number, vocabulary).Read(line, method);
            if (DropReason(row, maxLength) is { } reason)
                dropped.Add(new DroppedRow(row.Id, number, reason, row.Length));
            else
                examples.Add(row);
        }
        var data = new TrainingData(examples.ToImmutable(), dropped.ToImmutable());
        data.RequireExamples(file, number, maxLength);
        return data;
    }

    private void RequireExamples(string file, int rows, int maxLength)
    {
        if (rows == 0)
            throw new TrainingFailureException(FailureCode.NoData, $"{file} is empty; add at least one row.");
        if (Examples.Length > 0)
            return;
        if (Dropped.All(d => d.Reason == "identical"))
            throw new TrainingFailureException(FailureCode.IdenticalPairs,
                $"In all {rows} pairs of {file} the chosen side equals the rejected one, token for token, so there is no preference to "
                + "learn. Check how the pairs were created.", Dropped[0].Row);
        var reasons = string.Join(", ", Dropped.GroupBy(d => d.Reason).Select(g => $"{g.Count()} {g.Key}"));
        throw new TrainingFailureException(FailureCode.NoData,
            $"None of the {rows} rows of {file} is usable ({reasons}): max_length is {maxLength} tokens, and the shortest row has "
            + $"{Dropped.Min(d => d.Tokens)}. Raise max_length or change the data.");
    }

    private static string? DropReason(Example row, int maxLength) =>
        row.Sides.Any(s => s.TargetCount == 0) ? "empty"
        : row.Sides is [var chosen, var rejected] && chosen.Tokens.SequenceEqual(rejected.Tokens) ? "identical"
        : row.Length > maxLength ? "over-max-length"
        : null;

    private readonly struct RowReader(string file, int line, int vocabulary)
    {
        public Example Read(string text, TrainingMethod method)
        {
            TrainingRow row;
            try
            {
                row = JsonSerializer.Deserialize<TrainingRow>(text, TrainingJson.Options) ?? throw Invalid(null, "is null");
            }
            catch (JsonException e)
            {
                throw Invalid(e.Path?.TrimStart('$', '.'), $"cannot be read: {e.Message}");
            }
            if (string.IsNullOrEmpty(row.Id))
                throw Invalid("id", "is missing");
            if (method == TrainingMethod.Dpo && row.Weights is not null)
                throw Invalid("weights", "is only for SFT; remove it");
            return (method == TrainingMethod.Dpo ? Pair(row) : Conversation(row)) with { Set = row.Set ?? 0 };
        }

        private Example Pair(TrainingRow row)
        {
            var prompt = Tokens("prompt", row.Prompt);
            if (prompt.IsEmpty)
                throw Invalid("prompt", "is empty; it must hold at least one token");
            return new Example(row.Id,
                [TokenSequence.Of(prompt, Tokens("chosen", row.Chosen)), TokenSequence.Of(prompt, Tokens("rejected", row.Rejected))]);
        }

        private Example Conversation(TrainingRow row)
        {
            var tokens = Tokens("tokens", row.Tokens);
            if (row.Targets is not { IsDefault: false } targets)
                throw Invalid("targets", "is missing");
            if (targets.Length != tokens.Length)
                throw Invalid("targets", $"has {targets.Length} entries for {tokens.Length} tokens");
            return new Example(row.Id, [new TokenSequence(tokens, targets, Weights(row, targets))]);
        }

        private ImmutableArray<double>? Weights(TrainingRow row, ImmutableArray<bool> targets)
        {
            if (row.Weights is not { } weights)
                return null;
            if (weights.IsDefault || weights.Length != targets.Length)
                throw Invalid("weights", $"has {(weights.IsDefault ? 0 : weights.Length)} entries for {targets.Length} tokens");
            // JSON has no infinity and no NaN.
            foreach (var (weight, isTarget) in weights.Zip(targets))
                if (isTarget && weight <= 0)
                    throw Invalid("weights", $"has {weight.ToString(CultureInfo.InvariantCulture)} for a target; it must be above 0");
            return weights;
        }

        private ImmutableArray<int> Tokens(string field, ImmutableArray<int>? tokens)
        {
            if (tokens is not { IsDefault: false } given)
                throw Invalid(field, "is missing");
            foreach (var token in given)
            {
                if (token < 0 || token >= vocabulary)
                    throw Invalid(field, $"has the token {token}; the model has {vocabulary} tokens");
            }
            return given;
        }

        private TrainingFailureException Invalid(string? field, string what) => new(FailureCode.BadData,
            $"{file}, line {line}{(string.IsNullOrEmpty(field) ? "" : $", field '{field}'")} {what}.", $"line {line}");
    }
}
