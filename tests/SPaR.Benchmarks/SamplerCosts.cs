using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SPaR.Llama.Sampling;

namespace SPaR.Benchmarks;

/// <summary>CPU microseconds for sampling one token at temperature 0.9, without a filter or with top-p 0.9, whichever is slower. Compare
/// flat with zipf, where a cliff would show, and all with the evaluation of a token: milliseconds for a model with such a
/// vocabulary.</summary>
public static class SamplerCosts
{
    private const int Draws = 100, Rounds = 15;

    private static readonly SamplingOptions Plain = new(0.9, 1, 0, 0, 1);

    private static readonly (string Name, float[] Logits)[] Shapes =
    [
        ("zipf_32k", Zipf(32_768)),
        ("zipf_128k", Zipf(131_072)),
        ("peaked_128k", Peaked(131_072)),
        ("flat_128k", Flat(131_072)),
    ];

    private static readonly Dictionary<string, SamplingOptions> Filters = new()
    {
        ["plain"] = Plain,
        ["top-p 0.9"] = Plain with { TopP = 0.9 },
    };

    private static readonly Dictionary<string, SamplingOptions> Others = new()
    {
        ["greedy"] = Plain with { Temperature = 0 },
        ["top-k 40"] = Plain with { TopK = 40 },
        ["top-k 40, top-p 0.9"] = Plain with { TopK = 40, TopP = 0.9 },
        ["min-p 0.1"] = Plain with { MinP = 0.1 },
        ["top-p 0.5"] = Plain with { TopP = 0.5 },
        ["top-p 0.9, filters first"] = Plain with { TopP = 0.9, Order = SamplingOrder.FiltersFirst },
        ["repetition penalty 1.1"] = Plain with { RepetitionPenalty = 1.1 },
    };

    /// <summary>By shape of the logits; see <see cref="Zipf"/>, <see cref="Peaked"/> and <see cref="Flat"/>.</summary>
    public static IReadOnlyDictionary<string, double> Measure()
    {
        var costs = Costs(Filters);
        return Shapes.ToDictionary(s => s.Name, s => Math.Round(Filters.Keys.Max(filter => costs[(s.Name, filter)]), 1));
    }

    public static int Run(bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { sampler_microseconds = Measure() }));
            return 0;
        }
        var costs = Costs(Filters.Concat(Others));
        Console.WriteLine("CPU microseconds per token");
        Console.WriteLine($"{"",-26}{string.Concat(Shapes.Select(s => $"{s.Name,13}"))}");
        foreach (var filter in Filters.Keys.Concat(Others.Keys))
            Console.WriteLine($"{filter,-26}{string.Concat(Shapes.Select(s =>
                costs[(s.Name, filter)].ToString("F1", CultureInfo.InvariantCulture).PadLeft(13)))}");
        return 0;
    }

    /// <summary>-ln of a rank, with the ranks from 1 in a fixed random order: a distribution like that of words, with a third of the
    /// probability in the tail of the vocabulary.</summary>
    private static float[] Zipf(int vocabulary)
    {
        var noise = new SplitMix(7);
        var logits = new float[vocabulary];
        for (var i = 0; i < vocabulary; i++)
        {
            var other = (int)(noise.Next() * (i + 1));
            logits[i] = logits[other];
            logits[other] = -MathF.Log(1 + i);
        }
        return logits;
    }

    /// <summary>Uniform from 0 to 4, except for four tokens that are 16 higher.</summary>
    private static float[] Peaked(int vocabulary)
    {
        var noise = new SplitMix(7);
        return [.. Enumerable.Range(0, vocabulary).Select(i => (float)(noise.Next() * 4) + (i % 40_000 == 17 ? 16 : 0))];
    }

    /// <summary>Uniform from 0 to 0.01.</summary>
    private static float[] Flat(int vocabulary)
    {
        var noise = new SplitMix(7);
        return [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(noise.Next() * 0.01))];
    }

    /// <summary>The least of several rounds. Each round measures all in turn, so that a busy moment affects all.</summary>
    private static Dictionary<(string Shape, string Filter), double> Costs(IEnumerable<KeyValuePair<string, SamplingOptions>> filters)
    {
        var least = new Dictionary<(string, string), double>();
        var measured = filters.ToList();
        for (var round = 0; round < Rounds; round++)
            foreach (var (name, logits) in Shapes)
            {
                var sampler = new Sampler(logits.Length);
                foreach (var (filter, options) in measured)
                    least[(name, filter)] = Math.Min(
                        least.GetValueOrDefault((name, filter), double.MaxValue), Cost(sampler, logits, options));
            }
        return least;
    }

    private static double Cost(Sampler sampler, float[] logits, SamplingOptions options)
    {
        // The same random numbers in each round: how many draws a filter rejects is part of the cost.
        var random = new SplitMix(11);
        int[] prompt = [.. Enumerable.Range(0, 1000)];
        var before = ProcessorMicroseconds();
        for (var i = 0; i < Draws; i++)
            sampler.Draw(logits, options, prompt, [], ref random);
        return (ProcessorMicroseconds() - before) / Draws;
    }

    private static double ProcessorMicroseconds()
    {
        const int threadProcessorTime = 3;
        return clock_gettime(threadProcessorTime, out var time) == 0
            ? time.Seconds * 1e6 + time.Nanoseconds / 1e3
            : throw new PlatformNotSupportedException("This system does not report the CPU time of a thread. Measure on Linux.");
    }

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int clock_gettime(int clock, out Time time);
}
