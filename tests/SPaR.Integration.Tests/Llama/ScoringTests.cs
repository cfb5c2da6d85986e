using SPaR.Llama.Binding;
using SPaR.Llama.Templates;
using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Compares the engine's scores with those of llama.cpp for the whole sequence in one evaluation.</summary>
public sealed class ScoringTests
{
    /// <summary>One evaluation and several round keys and values (F16) and their sums differently: up to 5e-4 per token was seen.</summary>
    private const double ATokensRounding = 2e-3;

    [Theory]
    [InlineData("write about the sea", "", "the wolf", "slowly", "No")]
    [InlineData("the wolf", "Yes the", " sea", " forest slowly slowly slowly .", "write")]
    [InlineData("judge", "the sea . ", "Yes", "No")]
    [InlineData("", "naïve 漢", "字", "é")]
    public async Task Scores_are_those_of_the_whole_sequence_in_a_single_evaluation(
        string prompt, string partial, params string[] continuations)
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);

        var scores = (await model.ScoreAsync(new(Ask(prompt), partial, [.. continuations], "test"), default)).Scores;

        using var whole = new SingleEvaluation();
        // Every continuation is scored from the same place.
        var seam = continuations.Min(c => whole.Shared(prompt, partial, partial + c));
        for (var i = 0; i < continuations.Length; i++)
        {
            var (sum, tokens, greedy) = whole.Score(prompt, partial + continuations[i], seam);
            scores[i].LogProbability.ShouldBe(sum, tokens * ATokensRounding, continuations[i]);
            (scores[i].Tokens, scores[i].Greedy).ShouldBe((tokens, greedy), continuations[i]);
        }
    }

    /// <summary>"a" and "a" are one token together.</summary>
    [Fact]
    public async Task A_continuation_that_merges_with_the_last_token_is_scored_with_it()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        async Task<ContinuationScore[]> Score(params string[] continuations) =>
            [.. (await model.ScoreAsync(new(Ask("the sea"), "the a", [.. continuations], "test"), default)).Scores];

        (await Score("a"))[0].Tokens.ShouldBe(1, "the merged token, which starts before the seam");
        (await Score("b"))[0].Tokens.ShouldBe(1, "the partial turn is unchanged");
        var both = await Score("a", "b");
        both.Select(s => s.Tokens).ShouldBe([1, 2], "the second is scored from the same place, with the token that merged in the first");

        var before = (await model.ScoreAsync(new(Ask("the sea"), "the ", ["aa", "ab"], "test"), default)).Scores;
        before.ToArray().ShouldBe(both, "the same tokens from the same place");
    }

    [Fact]
    public async Task Cancelling_stops_the_evaluation_and_the_engine_goes_on()
    {
        await using var engine = Create(sequences: 8, batch: 2048, context: 2048);
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var expected = (await model.ScoreAsync(new(Ask("the sea"), "", ["the wolf"], "test"), default)).Scores[0];
        for (var i = 0; i < 20; i++)
        {
            using var stop = new CancellationTokenSource();
            var request = model.ScoreAsync(
                new(Ask(string.Concat(Enumerable.Repeat("wolf ", 1800))), "", ["the", "sea slowly"], "test"), stop.Token);
            await Task.Delay(i);
            await stop.CancelAsync();
            try
            {
                await request;
            }
            catch (OperationCanceledException)
            {
                // Usually; it may also have ended just before.
            }
        }

        var after = (await model.ScoreAsync(new(Ask("the sea"), "", ["the wolf"], "test"), default)).Scores[0];
        after.LogProbability.ShouldBe(expected.LogProbability, 2 * ATokensRounding);
    }

    /// <summary>llama.cpp without our scheduler, sampler and formula.</summary>
    private sealed class SingleEvaluation : IDisposable
    {
        private readonly LlamaWeights _weights = LlamaWeights.Open(TinyModel.File.Path);
        private readonly LlamaContext _context;
        private readonly ChatTemplate _template;

        public SingleEvaluation()
        {
            _template = new(TinyModel.File.Template, _weights.Vocabulary);
            _context = LlamaContext.Create(_weights, TinyModel.File, cells: 256, sequences: 128, batchTokens: 128, threads: 1);
        }

        public int Shared(string prompt, string partial, string text) =>
            Answer(prompt, partial).AsSpan().CommonPrefixLength(Answer(prompt, text));

        /// <param name="seam">The first scored token.</param>
        public (double Sum, int Tokens, bool Greedy) Score(string prompt, string text, int seam)
        {
            int[] tokens = [.. _template.Encode(Ask(prompt)), .. Answer(prompt, text)];
            var from = _template.Encode(Ask(prompt)).Length + seam;
            _context.Truncate(0, 0);
            _context.Batch.Clear();
            for (var i = 0; i < tokens.Length; i++)
                _context.Batch.Add(tokens[i], i, 0, output: true);
            _context.Decode().ShouldBeTrue();
            var (sum, greedy) = (0.0, true);
            for (var i = from; i < tokens.Length; i++)
            {
                var logits = _context.Logits(i - 1).ToArray();
                sum += logits[tokens[i]] - Math.Log(logits.Sum(l => Math.Exp(l)));
                greedy &= logits[tokens[i]] == logits.Max();
            }

            return (sum, tokens.Length - from, greedy);
        }

        public void Dispose()
        {
            _context.Dispose();
            _weights.Dispose();
        }

        private int[] Answer(string prompt, string text) => text.Length == 0 ? [] : [.. _template.EncodeAnswer(Ask(prompt), text).Content];
    }
}
