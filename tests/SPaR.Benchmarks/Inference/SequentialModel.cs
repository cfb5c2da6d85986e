using SPaR.Llama.Binding;
using SPaR.Llama.Sampling;
using SPaR.Llama.Templates;

namespace SPaR.Benchmarks.Inference;

/// <summary>The baseline: generates one sample at a time with the engine's own tokeniser, template, context and sampler, but without its
/// scheduler. Computes every prompt whole, or only what follows its longest cached prefix.</summary>
internal sealed class SequentialModel : IDisposable
{
    private const int Cells = 4096, BatchTokens = 512, Scratch = 0;

    private readonly LlamaWeights _weights;
    private readonly Vocabulary _vocabulary;
    private readonly ChatTemplate _template;
    private readonly LlamaContext _context;
    private readonly Sampler _sampler;
    private readonly bool _share;
    private readonly Stack<int> _free;
    private readonly Dictionary<int, int[]> _cached = [];

    /// <param name="share">Whether retained prompts and first samples are cached and reused.</param>
    public SequentialModel(ModelFile file, int threads, bool share)
    {
        _share = share;
        _weights = LlamaWeights.Open(file.Path);
        _vocabulary = _weights.Vocabulary;
        _template = new ChatTemplate(file.Template, _vocabulary);
        _sampler = new Sampler(_vocabulary.Count);
        var sequences = share ? 32 : 1;
        _free = new(Enumerable.Range(1, sequences - 1));
        _context = LlamaContext.Create(_weights, file, Cells, sequences, BatchTokens, threads);
    }

    /// <summary>The number of evaluated tokens, of prompts and samples.</summary>
    public long Evaluated { get; private set; }

    public Task<GenerationResult> GenerateAsync(GenerationRequest request)
    {
        var before = Evaluated;
        var prompt = _template.Encode(request.Conversation);
        var samples = new Sample[request.Seeds.Length];
        Lease? lease = null;
        for (var i = 0; i < samples.Length; i++)
        {
            var tokens = Generate(prompt, request.Sampling, request.Seeds[i]);
            samples[i] = new(_vocabulary.Detokenize(tokens), [.. tokens], FinishReason.Length);
            if (_share && request.Retain && i == 0)
                lease = Keep([.. prompt, .. tokens[..^1]]);
            _context.Truncate(Scratch, 0);
        }
        var computed = Evaluated - before - (long)samples.Length * (request.Sampling.MaxTokens - 1);
        var usage = new TokenUsage(
            computed, (long)prompt.Length * samples.Length - computed, (long)samples.Length * request.Sampling.MaxTokens);
        return Task.FromResult(new GenerationResult([.. samples], usage) { Prefix = lease });
    }

    public void Dispose()
    {
        _context.Dispose();
        _weights.Dispose();
    }

    private int[] Generate(int[] prompt, SamplingOptions options, ulong seed)
    {
        var random = new SplitMix(seed);
        var output = Prefill(prompt);
        var tokens = new int[options.MaxTokens];
        for (var i = 0; ; i++)
        {
            tokens[i] = _sampler.Draw(_context.Logits(output), options, prompt, tokens.AsSpan(0, i), ref random);
            // Nothing follows the last one, so it is not evaluated.
            if (i == tokens.Length - 1)
                return tokens;
            _context.Batch.Clear();
            output = _context.Batch.Add(tokens[i], prompt.Length + i, Scratch, output: true);
            Evaluate();
        }
    }

    /// <returns>The index of the last token's logits.</returns>
    private int Prefill(int[] prompt)
    {
        var done = 0;
        foreach (var (sequence, tokens) in _cached)
        {
            // The last token is always computed, for its logits.
            var common = Math.Min(tokens.AsSpan().CommonPrefixLength(prompt), prompt.Length - 1);
            if (common <= done)
                continue;
            _context.Truncate(Scratch, 0);
            _context.Fork(sequence, Scratch, done = common);
        }
        var output = 0;
        while (done < prompt.Length)
        {
            _context.Batch.Clear();
            for (; done < prompt.Length && _context.Batch.Room > 0; done++)
                output = _context.Batch.Add(prompt[done], done, Scratch, output: done == prompt.Length - 1);
            Evaluate();
        }
        return output;
    }

    private void Evaluate()
    {
        Evaluated += _context.Batch.Count;
        if (!_context.Decode())
            throw new InvalidOperationException("An evaluation was aborted, although nothing aborts it.");
    }

    private Lease Keep(int[] tokens)
    {
        var sequence = _free.Pop();
        _context.Fork(Scratch, sequence, tokens.Length);
        _cached.Add(sequence, tokens);
        return new Lease(this, sequence);
    }

    private sealed class Lease(SequentialModel model, int sequence) : IPrefixLease
    {
        public void Keep(int sample)
        {
            // Only the first sample is cached.
        }

        public void Dispose()
        {
            model._context.Truncate(sequence, 0);
            model._cached.Remove(sequence);
            model._free.Push(sequence);
        }
    }
}
