using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>Log-probabilities of a pair's answers under the reference, summed over their tokens.</summary>
internal readonly record struct ReferencePair(double Chosen, double Rejected);

/// <summary>The reference of DPO, computed once before the first step and stored in the training folder, a line per pair, keyed by model
/// and tokens. A restarted run computes only what is missing.</summary>
/// <param name="model">Identifies weights and precision.</param>
internal sealed class ReferenceLogProbs(string folder, string model)
{
    public const string FileName = "reference.ndjson";

    private readonly string _file = Path.Combine(folder, FileName);
    private readonly Dictionary<string, ReferencePair> _known = [];

    public ReferencePair Of(Example pair) => _known[Key(pair)];

    /// <param name="logProbs">Under the reference: the starting weights, or the base with the adapter off.</param>
    /// <param name="rows">Pairs per micro-batch; the workers share them.</param>
    /// <param name="stop">Checked before each micro-batch.</param>
    /// <returns>False if stopped before it was complete.</returns>
    public bool Complete(ImmutableArray<Example> pairs, int rows, Func<PackedSequences, Tensor> logProbs, Workers workers, Func<bool> stop)
    {
        Load();
        var missing = pairs.DistinctBy(Key).Where(p => !_known.ContainsKey(Key(p))).OrderByDescending(p => p.Tokens).ToArray();
        using var writer = new StreamWriter(_file, append: true);
        foreach (var microBatch in missing.Chunk(rows))
        {
            if (stop())
                return false;
            foreach (var (reference, pair) in Compute(microBatch, logProbs, workers).Zip(microBatch))
            {
                RequireFinite(pair, reference);
                _known[Key(pair)] = reference;
                writer.WriteLine(JsonSerializer.Serialize(new Line(Key(pair), reference.Chosen, reference.Rejected), TrainingJson.Options));
            }
            writer.Flush();
        }
        return true;
    }

    /// <summary>Log-probabilities of both sides of each pair, without gradient.</summary>
    /// <param name="pairs">One micro-batch; the workers share it.</param>
    public static ReferencePair[] Compute(Example[] pairs, Func<PackedSequences, Tensor> logProbs, Workers workers)
    {
        var found = new ReferencePair[pairs.Length];
        workers.Run(worker =>
        {
            ImmutableArray<Example> share = [.. pairs.Where((_, row) => row % workers.Count == worker)];
            if (share.IsEmpty)
                return;
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var tokens = TokenBatch.Of(share);
            var (chosen, rejected) = PreferenceObjective.Sides(logProbs(tokens.Sequences), tokens, share.Length);
            foreach (var (row, (c, r)) in PreferenceObjective.Values(chosen).Zip(PreferenceObjective.Values(rejected)).Index())
                found[row * workers.Count + worker] = new ReferencePair(c, r);
        });
        return found;
    }

    private static void RequireFinite(Example pair, ReferencePair reference)
    {
        if (!double.IsFinite(reference.Chosen) || !double.IsFinite(reference.Rejected))
            throw new TrainingFailureException(FailureCode.NotFinite,
                $"The starting model gives row {pair.Id} the log-probabilities {reference.Chosen} (chosen) and {reference.Rejected} "
                + "(rejected). Its weights are damaged or the precision is too low: test it by inference, or try another precision.",
                pair.Id);
    }

    private void Load()
    {
        if (!File.Exists(_file))
            return;
        var text = File.ReadAllText(_file);
        // A killed process may leave an incomplete last line; that pair is computed again.
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        if (whole.Length < text.Length)
            File.WriteAllText(_file, whole);
        foreach (var line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var known = JsonSerializer.Deserialize<Line>(line, TrainingJson.Options)!;
            _known[known.Key] = new ReferencePair(known.Chosen, known.Rejected);
        }
    }

    private string Key(Example pair) => $"{model}-{pair.Sides[0].Hash()[..24]}-{pair.Sides[1].Hash()[..24]}";

    private sealed record Line(string Key, double Chosen, double Rejected);
}
