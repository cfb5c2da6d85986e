using BenchmarkDotNet.Attributes;
using SPaR.Abstractions;
using SPaR.Llama.Sampling;

namespace SPaR.Benchmarks;

/// <summary>One draw from 131,072 logits. The ratio that matters is a draw to the evaluation of a token, which is milliseconds for a
/// model with such a vocabulary.</summary>
public class SamplerBenchmark
{
    private const int Vocabulary = 131_072;

    private readonly Sampler _sampler = new(Vocabulary);
    private float[] _logits = [];
    private SamplingOptions _options = new(1, 1, 0, 0, 1);
    private SplitMix _random = new(1);

    [Params("peaked", "zipf", "flat")]
    public string Shape { get; set; } = "";

    [Params("plain", "top-p", "top-k", "greedy")]
    public string Filter { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var noise = new SplitMix(7);
        _logits = new float[Vocabulary];
        for (var i = 0; i < Vocabulary; i++)
            _logits[i] = Shape switch
            {
                "peaked" => (float)(noise.Next() * 4) + (i % 40_000 == 17 ? 16 : 0),
                "zipf" => (float)-Math.Log(1 + i) + (float)noise.Next(),
                _ => (float)noise.Next() * 0.01f,
            };
        _options = Filter switch
        {
            "plain" => new(0.9, 1, 0, 0, 1),
            "top-p" => new(0.9, 0.9, 0, 0, 1),
            "top-k" => new(0.9, 1, 40, 0, 1),
            _ => new(0, 1, 0, 0, 1),
        };
    }

    [Benchmark]
    public int Draw() => _sampler.Draw(_logits, _options, ref _random);
}
