using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>Log-probs of a pair's answers under the reference, summed over their tokens.</summary>
internal readonly record struct ReferencePair(double Chosen, double Rejected);

/// <summary>The reference of DPO, computed once before the first step and kept in the training folder, one line per pair under the
/// hash of model and tokens: a run that starts again computes only what is missing.</summary>
/// <param name="model">Names weights and precision.</param>
internal sealed class ReferenceLogProbs(string folder, string model)
{
    public const string FileName = "reference.ndjson";

    private readonly string _file = Path.Combine(folder, FileName);
    private readonly Dictionary<string, ReferencePair> _known = [];

    public ReferencePair Of(Example pair) => _known[Key(pair)];

    /// <param name="logProbs">Under the reference: the starting weights, or the base with the adapter off.</param>
    /// <param name="rows">Pairs of one pass; the workers share them.</param>
    /// <param name="stop">Asked before each pass.</param>
    /// <returns>Whether it is complete; false when told to stop.</returns>
    public bool Complete(ImmutableArray<Example> pairs, int rows, Func<Passage, Tensor> logProbs, Workers workers, Func<bool> stop)
    {
        Load();
        var missing = pairs.DistinctBy(Key).Where(p => !_known.ContainsKey(Key(p))).OrderByDescending(p => p.Tokens).ToArray();
        using var writer = new StreamWriter(_file, append: true);
        foreach (var pass in missing.Chunk(rows))
        {
            if (stop())
                return false;
            var found = new ReferencePair[pass.Length];
            workers.Run(worker => Compute(
                [.. pass.Where((_, row) => row % workers.Count == worker)], logProbs,
                (row, reference) => found[row * workers.Count + worker] = reference));
            foreach (var (pair, reference) in pass.Zip(found))
            {
                _known[Key(pair)] = reference;
                writer.WriteLine(JsonSerializer.Serialize(new Line(Key(pair), reference.Chosen, reference.Rejected), TrainingJson.Options));
            }
            writer.Flush();
        }
        return true;
    }

    private static void Compute(ImmutableArray<Example> pairs, Func<Passage, Tensor> logProbs, Action<int, ReferencePair> take)
    {
        if (pairs.IsEmpty)
            return;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var tokens = TokenBatch.Of(pairs);
        var (chosen, rejected) = DpoObjective.Sides(logProbs(tokens.Passage), tokens, pairs.Length);
        foreach (var (row, (good, bad)) in DpoObjective.Values(chosen).Zip(DpoObjective.Values(rejected)).Index())
        {
            if (!double.IsFinite(good) || !double.IsFinite(bad))
                throw new TrainingFailureException(FailureCode.NotFinite,
                    $"The starting model gives row {pairs[row].Id} a log-probability of {good} (chosen) and {bad} (rejected). "
                    + "Its weights are damaged, or its precision is too low: try it in inference, or another precision.", pairs[row].Id);
            take(row, new ReferencePair(good, bad));
        }
    }

    private void Load()
    {
        if (!File.Exists(_file))
            return;
        var text = File.ReadAllText(_file);
        // A killed process leaves half a line at the end; it is computed again.
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
