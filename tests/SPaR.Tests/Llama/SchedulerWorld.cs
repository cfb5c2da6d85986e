using System.Collections.Immutable;
using SPaR.Llama.Sampling;
using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

/// <summary>A scheduler on a scripted decoder, stepped by hand and verified after every step.</summary>
internal sealed class SchedulerWorld
{
    public const int ContextTokens = 48;

    private static readonly bool[] Ends = [.. Enumerable.Range(0, ScriptedDecoder.Vocabulary).Select(t => t == ScriptedDecoder.End)];

    public SchedulerWorld(int cells = 400, int sequences = 8, int batch = 16, int? residentCells = null, int unbatchedUpTo = 1)
    {
        Decoder = new(cells, sequences, Math.Max(batch, sequences));
        Counters = new("scripted");
        Scheduler = new(
            Decoder, new(sequences, residentCells ?? cells, Ends, new(unbatchedUpTo)), new Sampler(ScriptedDecoder.Vocabulary), Counters,
            () => { });
    }

    public ScriptedDecoder Decoder { get; }

    public EngineCounters Counters { get; }

    public Scheduler Scheduler { get; }

    public static SamplingOptions Hot { get; } = new(1, 1, 0, 0, 12);

    public Request Ask(
        int[] prompt, int samples = 1, int most = 12, ulong seed = 1, RequestPriority? priority = null, bool retain = false,
        bool deterministic = false, string purpose = "sample", CancellationToken cancellation = default)
    {
        var asked = new GenerationRequest(
            Conversation.Empty, Hot with { MaxTokens = most }, [.. Enumerable.Range(0, samples).Select(i => seed + (ulong)i)], purpose)
        {
            Priority = priority ?? RequestPriority.Shared,
            Retain = retain,
            Deterministic = deterministic,
        };
        var request = new Request([.. prompt], asked, cancellation);
        Scheduler.Enqueue(request);
        return request;
    }

    public Request Score(
        int[] prompt, int[][] continuations, RequestPriority? priority = null, bool deterministic = false,
        CancellationToken cancellation = default)
    {
        var asked = new ScoringRequest(Conversation.Empty, "", [], "judge")
        {
            Priority = priority ?? RequestPriority.Shared,
            Deterministic = deterministic,
        };
        var request = new Request([.. prompt], asked, [.. continuations.Select(c => c.ToImmutableArray())], cancellation);
        Scheduler.Enqueue(request);
        return request;
    }

    /// <summary>Steps until there is nothing to do.</summary>
    public void Run(int most = 100_000)
    {
        while (Step())
            (--most).ShouldBeGreaterThan(0, "it does not end");
    }

    /// <param name="admitNew">False while callers may still continue what they lease.</param>
    public bool Step(bool admitNew = true)
    {
        var outcome = Scheduler.Step(admitNew);
        Scheduler.Verify();
        return outcome is StepOutcome.Worked;
    }

    /// <summary>Asserts that the samples are those of a loop without a scheduler.</summary>
    public static void ShouldBeRight(Request request, ulong seed = 1)
    {
        request.Completion.IsCompletedSuccessfully.ShouldBeTrue();
        for (var i = 0; i < request.Sequences.Length; i++)
            request.Sequences[i].Tokens.ShouldBe(Alone(request.Prompt, request.Sampling, seed + (ulong)i));
    }

    /// <summary>Asserts that the scores are those of a plain sum over the tokens in double precision.</summary>
    public static void ShouldBeScored(Request request, params int[][] continuations)
    {
        request.Completion.IsCompletedSuccessfully.ShouldBeTrue();
        request.Sequences.Length.ShouldBe(continuations.Length);
        for (var i = 0; i < continuations.Length; i++)
        {
            var (sum, greedy) = (0.0, true);
            for (var at = 0; at < continuations[i].Length; at++)
            {
                var logits = ScriptedDecoder.LogitsAfter(request.Prompt.Concat(continuations[i][..at]));
                sum += logits[continuations[i][at]] - Math.Log(logits.Sum(l => Math.Exp(l)));
                greedy &= logits.Max() == logits[continuations[i][at]];
            }

            var score = request.Sequences[i].Score;
            score.LogProbability.ShouldBe(sum, 1e-9);
            (score.Tokens, score.Greedy).ShouldBe((continuations[i].Length, greedy));
        }
    }

    private static ImmutableArray<int> Alone(ImmutableArray<int> prompt, SamplingOptions sampling, ulong seed)
    {
        var (sampler, random) = (new Sampler(ScriptedDecoder.Vocabulary), new SplitMix(seed));
        var tokens = ImmutableArray<int>.Empty;
        while (tokens.Length < sampling.MaxTokens)
        {
            var token = sampler.Draw(ScriptedDecoder.LogitsAfter(prompt.Concat(tokens)), sampling, [], [], ref random);
            if (token == ScriptedDecoder.End)
                break;
            tokens = tokens.Add(token);
        }

        return tokens;
    }
}
