using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Sampling;
using SPaR.Llama.Scheduling;

namespace SPaR.Integration.Tests.Llama;

/// <summary>The scheduler on llama.cpp, with fewer cells than its requests need: random mixes of requests that share prefixes, continue
/// each other, and are preempted, evicted or cancelled. Each generates what a plain loop does, and the context agrees with the scheduler
/// after every step. <c>SchedulerMixTests</c> runs more mixes on a scripted decoder.</summary>
public sealed class LlamaMixTests : IDisposable
{
    private const int Mixes = 2_500, Sequences = 6, Cells = 256, Longest = 120, MostTokens = 8;

    private static readonly SamplingOptions Greedy = new(0, 1, 0, 0, MostTokens);

    private readonly LlamaWeights _model;
    private readonly LlamaContext _context;
    private readonly PlainLoop _alone;
    private readonly Scheduler _scheduler;
    private readonly EngineCounters _counters = new("mixes");
    private readonly Random _random = new(1);

    public LlamaMixTests()
    {
        LlamaLibrary.Load(NullLogger.Instance);
        _model = LlamaWeights.Open(TinyModel.File.Path);
        var vocabulary = _model.Vocabulary;
        _context = Context(Cells, SchedulerOptions.Slots(Sequences), batch: 40);
        _alone = new(Context(Cells, 1, Cells), vocabulary.Count);
        _scheduler = new(
            _context, new(Sequences, ResidentCells: 200, new bool[vocabulary.Count], new(UnbatchedUpTo: 2)), new Sampler(vocabulary.Count),
            _counters, () => { });
    }

    public void Dispose()
    {
        _alone.Dispose();
        _context.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void Whatever_is_asked_at_once_every_sample_is_what_it_would_be_alone()
    {
        _context.Cells.ShouldBe(Cells);
        var compared = 0;
        for (var mix = 0; mix < Mixes; mix++)
            compared += RunMix();

        compared.ShouldBeGreaterThan(3 * Mixes);
        _counters.Preemptions.ShouldBeGreaterThan(Mixes / 10, "the mixes are too easy");
        _counters.Evictions.ShouldBeGreaterThan(Mixes, "the mixes are too easy");
        _counters.PrefillForked.ShouldBeGreaterThan(10 * Mixes, "the mixes share too little");
    }

    /// <returns>How many samples were compared.</returns>
    private int RunMix()
    {
        var asked = new List<(Request Request, CancellationTokenSource Stop)>();
        for (var i = _random.Next(2, 6); i > 0; i--)
        {
            asked.Add(Ask(asked));
            for (var steps = _random.Next(0, 4); steps > 0; steps--)
                Step();
            var (some, stop) = asked[_random.Next(asked.Count)];
            if (_random.Next(10) == 0 && !some.Completion.IsCompleted)
            {
                stop.Cancel();
                _scheduler.Cancel(some);
            }

            if (_random.Next(5) == 0)
                some.Lease?.Dispose();
        }

        while (Step())
            continue;
        var compared = 0;
        foreach (var (request, stop) in asked)
        {
            if (!request.Completion.IsCanceled)
                foreach (var sequence in request.Sequences)
                    compared += Compare(request, sequence);
            request.Lease?.Dispose();
            stop.Dispose();
        }

        return compared;
    }

    private (Request Request, CancellationTokenSource Stop) Ask(List<(Request Request, CancellationTokenSource Stop)> before)
    {
        var stop = new CancellationTokenSource();
        var asked = new GenerationRequest(
            Conversation.Empty, Greedy with { MaxTokens = _random.Next(1, MostTokens + 1) }, [.. new ulong[_random.Next(1, 5)]],
            _random.Next(2) == 0 ? "judge" : "sample")
        {
            Priority = new($"run {_random.Next(2)}", _random.Next(4), Express: _random.Next(4) == 0),
            Retain = _random.Next(3) == 0,
            Deterministic = _random.Next(20) == 0,
        };
        var request = new Request([.. Prompt(before)], asked, stop.Token);
        _scheduler.Enqueue(request);
        return (request, stop);
    }

    /// <summary>One of a few, so that many share a prefix; or another request's sample and a little more, as a refinement follows its
    /// judgement.</summary>
    private int[] Prompt(List<(Request Request, CancellationTokenSource Stop)> before)
    {
        if (before.Count > 0 && _random.Next(3) == 0)
        {
            var from = before[_random.Next(before.Count)].Request;
            int[] longer = [.. from.Prompt, .. from.Sequences[0].Tokens, TinyModel.Word("refine")];
            if (longer.Length < Longest)
                return longer;
        }

        var kind = _random.Next(6);
        return [TinyModel.Begin, .. Enumerable.Repeat(TinyModel.Word("sea") + kind, 4 + 20 * _random.Next(4)), TinyModel.Word("write")
            + _random.Next(3)];
    }

    private bool Step()
    {
        var outcome = _scheduler.Step(admitNew: _random.Next(2) == 0);
        _scheduler.Verify();
        return outcome is not StepOutcome.Idle;
    }

    /// <returns>1, or 0 if two tokens are so close that rounding decides.</returns>
    private int Compare(Request request, Sequence sequence)
    {
        var expected = _alone.Continue(request.Prompt, request.Sampling.MaxTokens);
        sequence.Tokens.Take(expected.Length).ShouldBe(expected);
        if (expected.Length < request.Sampling.MaxTokens)
            return 0;
        sequence.Tokens.Count.ShouldBe(expected.Length);
        return 1;
    }

    private LlamaContext Context(int cells, int sequences, int batch) =>
        LlamaContext.Create(_model, TinyModel.File, cells, sequences, batch, threads: 1);

    /// <summary>Greedy generation without a scheduler. Caches its results.</summary>
    private sealed class PlainLoop(LlamaContext context, int vocabulary) : IDisposable
    {
        /// <summary>Keys and values are stored in 16 bits, and sums in another order round differently.</summary>
        private const float Near = 0.02f;

        private readonly Dictionary<string, int[]> _known = [];

        public int[] Continue(IReadOnlyCollection<int> prompt, int most)
        {
            var key = string.Join(' ', prompt);
            if (!_known.TryGetValue(key, out var tokens))
                _known[key] = tokens = Generate(prompt);
            return tokens[..Math.Min(most, tokens.Length)];
        }

        public void Dispose() => context.Dispose();

        private int[] Generate(IReadOnlyCollection<int> prompt)
        {
            context.Clear();
            var (generated, next, position) = (new List<int>(), prompt, 0);
            while (generated.Count < MostTokens)
            {
                context.Batch.Clear();
                foreach (var token in next)
                    context.Batch.Add(token, position++, 0, output: position == prompt.Count + generated.Count);
                context.Decode().ShouldBeTrue();
                var logits = context.Logits(next.Count - 1)[..vocabulary].ToArray();
                var best = Array.IndexOf(logits, logits.Max());
                if (logits.Where((_, i) => i != best).Max() > logits[best] - Near)
                    break;
                generated.Add(best);
                next = [best];
            }

            return [.. generated];
        }
    }
}
