using System.Text;
namespace SPaR.Integration.Tests.Compliance;

/// <summary>What the models of every <see cref="ITextEngine"/> promise beyond generating: scores, prefixes, exactness, priorities. A
/// derived class creates the engine and names the model.</summary>
public abstract class TextModelCompliance : IAsyncLifetime
{
    /// <summary>Rounding difference of log-probabilities between batches of different shapes.</summary>
    private const double Rounding = 5e-3;

    private static readonly SamplingOptions Hot = new(1, 1, 0, 0, 16);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Conversation Prompt = Conversation.Empty.User("write about the sea");

    private ITextEngine _engine = null!;
    private ITextModel _model = null!;

    /// <summary>A model whose context is at most 4096 tokens, which knows words with the space before them, and says some of the words of
    /// these tests.</summary>
    protected abstract ModelFile Model { get; }

    protected abstract ITextEngine Create();

    public async ValueTask InitializeAsync()
    {
        _engine = Create();
        _model = await _engine.LoadAsync(Model, default);
    }

    public async ValueTask DisposeAsync()
    {
        await _model.DisposeAsync();
        await _engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_score_is_a_logarithm_of_a_probability_and_comes_in_the_order_of_the_continuations()
    {
        var forward = await ScoreAsync("", "the sea", "the forest", "slowly");
        var backward = await ScoreAsync("", "slowly", "the forest", "the sea");

        forward.ShouldAllBe(s => s.LogProbability < 0 && s.Tokens > 0);
        forward.Sum(s => Math.Exp(s.LogProbability)).ShouldBeLessThan(1, "they exclude each other");
        for (var i = 0; i < 3; i++)
            ShouldBeSame(forward[i], backward[2 - i]);
    }

    [Fact]
    public async Task Scores_of_a_beginning_and_of_what_follows_add_up_to_the_whole()
    {
        var whole = await ScoreAsync("", "the sea slowly");
        var first = await ScoreAsync("", "the sea");
        var rest = await ScoreAsync("the sea", " slowly");
        ShouldBeSame(whole[0], new(first[0].LogProbability + rest[0].LogProbability, first[0].Tokens + rest[0].Tokens,
            first[0].Greedy && rest[0].Greedy));
    }

    [Fact]
    public async Task A_space_is_the_words_on_whichever_side_of_the_seam_it_stands() =>
        ShouldBeSame((await ScoreAsync("the ", "sea"))[0], (await ScoreAsync("the", " sea"))[0]);

    [Fact]
    public async Task Only_the_text_of_greedy_generation_is_scored_as_greedy()
    {
        string[] words = ["write", "about", "the", "sea", "forest", "judge", "Yes", "No", "slowly", "wolf"];
        var seen = new HashSet<bool>();
        foreach (var prompt in words.SelectMany(a => words.Select(b => Conversation.Empty.User($"{a} {b}"))))
        {
            var scores = (await _model.ScoreAsync(new(prompt, "", [.. words], "test"), default)).Scores;
            for (var i = 0; i < words.Length; i++)
            {
                var tokens = _model.EncodeAnswer(prompt, words[i]).Content;
                var said = await _model.GenerateAsync(new(prompt, new(0, 1, 0, 0, tokens.Length), [1], "test"), default);
                scores[i].Greedy.ShouldBe(said.Samples[0].Tokens.SequenceEqual(tokens), $"{words[i]} after {prompt.Turns[0].Content}");
                seen.Add(scores[i].Greedy);
            }
        }

        seen.Count.ShouldBe(2, "otherwise this could not fail");
    }

    [Fact]
    public async Task The_log_probabilities_of_a_sample_add_up_to_its_score()
    {
        var prompt = Conversation.Empty.User("write about the sea");
        var request = new GenerationRequest(prompt, new(1.5, 0.9, 0, 0, 12), [1, 2, 3], "test") { TopLogProbs = 2 };
        foreach (var sample in (await _model.GenerateAsync(request, default)).Samples)
        {
            sample.LogProbs.Length.ShouldBe(sample.Tokens.Length);
            Encoding.UTF8.GetString([.. sample.LogProbs.SelectMany(t => t.Token.Bytes)]).ShouldBe(sample.Text);
            sample.LogProbs.ShouldAllBe(t => t.Top.Length == 2 && t.Top[0].LogProb >= t.Top[1].LogProb);
            // Where the text has these tokens again.
            if (_model.Tokenize(sample.Text).SequenceEqual(sample.Tokens) && sample.Text.Length > 0)
                (await _model.ScoreAsync(new(prompt, "", [sample.Text], "test"), default)).Scores[0].LogProbability.ShouldBe(
                    sample.LogProbs.Sum(t => t.Token.LogProb), 0.02);
        }

        (await _model.GenerateAsync(request with { TopLogProbs = null }, default)).Samples[0].LogProbs.ShouldBeEmpty();
        await Should.ThrowAsync<ArgumentException>(() => _model.GenerateAsync(request with { TopLogProbs = 21 }, default));
    }

    [Fact]
    public async Task Concurrent_scores_equal_separate_ones()
    {
        string[] partial = ["", "the", "the sea", "slowly the wolf", "Yes"];
        var alone = new List<ContinuationScore[]>();
        foreach (var text in partial)
            alone.Add(await ScoreAsync(text, " Yes", " No the wolf"));
        var sampled = _model.GenerateAsync(Request([1, 2, 3, 4, 5, 6, 7, 8, 9]), default);
        var together = await Task.WhenAll(partial.Concat(partial).Select(text => ScoreAsync(text, " Yes", " No the wolf")))
            .WaitAsync(Patience);
        await sampled.WaitAsync(Patience);
        for (var i = 0; i < together.Length; i++)
            for (var j = 0; j < 2; j++)
                ShouldBeSame(together[i][j], alone[i % partial.Length][j]);
    }

    [Fact]
    public async Task What_cannot_be_scored_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(ScoreAsync("the"));
        await Should.ThrowAsync<ArgumentException>(ScoreAsync("the", " sea", ""));
        await Should.ThrowAsync<ArgumentException>(_model.ScoreAsync(new(Prompt.Assistant("the"), "", ["sea"], "test"), default));
        var e = await Should.ThrowAsync<PromptTooLongException>(
            ScoreAsync("the", string.Concat(Enumerable.Repeat(" sea", _model.ContextTokens))));
        (e.ContextTokens, e.MaxTokens >= _model.ContextTokens).ShouldBe((_model.ContextTokens, true));
        await Should.ThrowAsync<OperationCanceledException>(
            _model.ScoreAsync(new(Prompt, "", ["sea"], "test"), new CancellationToken(true)));
        (await ScoreAsync("the", " sea")).Length.ShouldBe(1, "it goes on");
    }

    [Fact]
    public async Task A_retained_answer_is_continued_from_where_it_stands_and_may_be_let_go_more_than_once()
    {
        var first = await _model.GenerateAsync(Request([1, 2]) with { Retain = true }, default);
        var prefix = first.Prefix.ShouldNotBeNull();
        prefix.Keep(1);
        var kept = first.Samples[1];
        var longer = Prompt.Assistant(kept.Text, kept.Tokens).User("the wolf");

        var next = await _model.GenerateAsync(new(longer, Hot, [3], "test"), default);

        // In a sample that the limit cut off, nothing follows the last token.
        next.Usage.PrefillForked.ShouldBeGreaterThanOrEqualTo(_model.Encode(Prompt).Length + kept.Tokens.Length - 1);
        (next.Usage.PrefillForked + next.Usage.PrefillComputed).ShouldBe(_model.Encode(longer).Length);
        prefix.Dispose();
        prefix.Dispose();
        prefix.Keep(1);
        (await _model.GenerateAsync(new(longer, Hot, [3], "test"), default)).Samples[0].Text.ShouldBe(next.Samples[0].Text);
    }

    [Fact]
    public async Task A_prompt_that_is_not_retained_has_no_prefix() =>
        (await _model.GenerateAsync(Request([1]), default)).Prefix.ShouldBeNull();

    [Fact]
    public async Task A_deterministic_request_gives_the_same_alone_and_beside_many_others()
    {
        var generation = Request([1, 2, 3, 4, 5]) with { Deterministic = true };
        var scoring = new ScoringRequest(Prompt, "the", [" sea", " wolf slowly the forest"], "test") { Deterministic = true };
        var (alone, scores) = (await _model.GenerateAsync(generation, default), await _model.ScoreAsync(scoring, default));

        var others = Enumerable.Range(0, 30).Select(i => _model.GenerateAsync(Request([(ulong)i, 99, 7]), default)).ToList();
        var (beside, again) = (_model.GenerateAsync(generation, default), _model.ScoreAsync(scoring, default));
        others.AddRange(Enumerable.Range(30, 30).Select(i => _model.GenerateAsync(Request([(ulong)i]), default)));
        await Task.WhenAll(others).WaitAsync(Patience);

        (await beside).Samples.Select(s => s.Text).ShouldBe(alone.Samples.Select(s => s.Text));
        (await beside).Samples.SelectMany(s => s.Tokens).ShouldBe(alone.Samples.SelectMany(s => s.Tokens));
        (await again).Scores.ShouldBe(scores.Scores, "bit for bit");
    }

    [Fact]
    public async Task An_express_request_is_answered_while_a_long_queue_of_others_waits()
    {
        using var stop = new CancellationTokenSource();
        var seeds = Enumerable.Range(0, _model.Sequences).Select(i => (ulong)i).ToArray();
        var queue = Enumerable.Range(0, 60)
            .Select(_ => _model.GenerateAsync(Request(seeds, Hot with { MaxTokens = _model.ContextTokens / 2 }), stop.Token)).ToList();

        // Same run and higher ordinal: by everything else it would be last.
        var lane = RequestPriority.Shared with { Ordinal = 1, Express = true };
        var said = await _model.GenerateAsync(Request([1]) with { Priority = lane }, default).WaitAsync(Patience);
        var scored = await _model.ScoreAsync(new(Prompt, "the", [" sea"], "test") { Priority = lane }, default).WaitAsync(Patience);

        queue.Count(t => !t.IsCompleted).ShouldBeGreaterThan(30, "they came before it and still wait");
        (said.Samples.Length, scored.Scores.Length).ShouldBe((1, 1));
        await stop.CancelAsync();
        foreach (var task in queue.Where(t => !t.IsCompletedSuccessfully))
            await Should.ThrowAsync<OperationCanceledException>(task.WaitAsync(Patience));
    }

    private static void ShouldBeSame(ContinuationScore actual, ContinuationScore expected)
    {
        actual.LogProbability.ShouldBe(expected.LogProbability, Rounding);
        (actual.Tokens, actual.Greedy).ShouldBe((expected.Tokens, expected.Greedy));
    }

    private async Task<ContinuationScore[]> ScoreAsync(string partial, params string[] continuations) =>
        [.. (await _model.ScoreAsync(new(Prompt, partial, [.. continuations], "test"), default)).Scores];

    private static GenerationRequest Request(ulong[] seeds, SamplingOptions? sampling = null) =>
        new(Prompt, sampling ?? Hot, [.. seeds], "test");
}
