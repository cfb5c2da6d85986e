using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Abstractions;
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
    /// <param name="stop">Asked before each pass.</param>
    /// <returns>Whether it is complete; false when told to stop.</returns>
    public bool Complete(ImmutableArray<Example> pairs, int rows, Func<Tensor, Tensor> logProbs, Func<bool> stop)
    {
        Load();
        var missing = pairs.DistinctBy(Key).Where(p => !_known.ContainsKey(Key(p))).OrderByDescending(p => p.Length).ToArray();
        using var writer = new StreamWriter(_file, append: true);
        foreach (var chunk in missing.Chunk(rows))
        {
            if (stop())
                return false;
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var pass = ImmutableArray.Create(chunk);
            var tokens = TokenBatch.Of(pass);
            var (chosen, rejected) = DpoObjective.Sums(logProbs(tokens.Tokens), tokens, pass.Length);
            foreach (var (pair, good, bad) in pass.Zip(DpoObjective.Values(chosen), DpoObjective.Values(rejected)))
            {
                if (!double.IsFinite(good) || !double.IsFinite(bad))
                    throw new TrainingFailureException(FailureCode.NotFinite,
                        $"The starting model gives row {pair.Id} a log-probability of {good} (chosen) and {bad} (rejected). "
                        + "Its weights are damaged, or its precision is too low: try it in inference, or another precision.", pair.Id);
                _known[Key(pair)] = new ReferencePair(good, bad);
                writer.WriteLine(JsonSerializer.Serialize(new Line(Key(pair), good, bad), TrainingJson.Options));
            }
            writer.Flush();
        }
        return true;
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
