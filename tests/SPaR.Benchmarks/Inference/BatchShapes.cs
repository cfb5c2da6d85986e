using System.Diagnostics;
using SPaR.Llama.Binding;
using SPaR.Llama.Models;

namespace SPaR.Benchmarks.Inference;

/// <param name="Sequences">How many sequences each get a token.</param>
/// <param name="SecondsPerToken">All of them in one evaluation, without sampling.</param>
/// <param name="EngineSequencesPerStep">How many of them the engine puts into one evaluation, on average.</param>
/// <param name="EngineSecondsPerToken">As the engine does it, including sampling.</param>
internal sealed record BatchShape(int Sequences, double SecondsPerToken, double EngineSequencesPerStep, double EngineSecondsPerToken);

/// <summary>The cost of a token by the number of sequences that share a prompt and are evaluated together. Some weight formats are slower
/// for a few sequences than for one; the engine may then group them differently.</summary>
internal sealed class BatchShapes(ModelFile file, int threads, InferenceArms arms, WorkloadTexts texts)
{
    private const int Steps = 12, Rounds = 2, Cells = 4096, Batch = 512, Widest = 64;

    private static readonly int[] Widths = [1, 2, 4, 8, 16, 32, Widest];

    public async Task<IReadOnlyList<BatchShape>> MeasureAsync()
    {
        var bare = Bare();
        var trace = new StepTrace();
        await using var model = arms.Load(trace);
        var shapes = new List<BatchShape>();
        foreach (var width in Widths)
        {
            var (together, seconds) = await EngineAsync(model, trace, width);
            shapes.Add(new(width, Math.Round(bare[width], 6), Math.Round(together, 1), Math.Round(seconds, 6)));
        }
        return shapes;
    }

    /// <returns>Seconds per token by number of sequences, the best of several rounds.</returns>
    private Dictionary<int, double> Bare()
    {
        using var weights = LlamaWeights.Open(file.Path);
        var tokens = weights.Vocabulary.Tokenize(texts.LongText);
        using var context = LlamaContext.Create(weights, file, Cells, Widest, Batch, threads);
        for (var i = 0; i < tokens.Length; i++)
            context.Batch.Add(tokens[i], i, 0, output: false);
        context.Decode();
        var best = Widths.ToDictionary(w => w, _ => double.PositiveInfinity);
        for (var round = 0; round < Rounds; round++)
            foreach (var width in Widths)
                best[width] = Math.Min(best[width], Continue(context, tokens, width));
        return best;
    }

    private static double Continue(LlamaContext context, int[] tokens, int width)
    {
        for (var sequence = 1; sequence < width; sequence++)
            context.Fork(0, sequence, tokens.Length);
        var start = Stopwatch.GetTimestamp();
        for (var step = 0; step < Steps; step++)
        {
            context.Batch.Clear();
            for (var sequence = 0; sequence < width; sequence++)
                context.Batch.Add(tokens[(step + sequence) % tokens.Length], tokens.Length + step, sequence, output: true);
            context.Decode();
        }
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        for (var sequence = 0; sequence < width; sequence++)
            context.Truncate(sequence, sequence == 0 ? tokens.Length : 0);
        return seconds / Steps / width;
    }

    private async Task<(double Together, double Seconds)> EngineAsync(LlamaModel model, StepTrace trace, int width)
    {
        var request = new GenerationRequest(
            // A different first word each, so that none shares a prefix with the one before.
            Conversation.Empty.User(WordVocabulary.Word(width) + texts.LongText), new SamplingOptions(0.7, 1, 0, 0, 2 * Steps),
            [.. Enumerable.Range(0, width).Select(s => (ulong)s)], "batch shape");
        var before = trace.Evaluations.Count;
        await model.GenerateAsync(request, default);
        // Without the evaluations of the prompt.
        var seen = trace.Evaluations.Skip(before).SkipWhile(e => e.Tokens > e.Outputs).ToArray();
        var seconds = Stopwatch.GetElapsedTime(seen[0].Start, seen[^1].End).TotalSeconds;
        return (seen.Average(e => e.Outputs), seconds / seen.Sum(e => e.Outputs));
    }
}
