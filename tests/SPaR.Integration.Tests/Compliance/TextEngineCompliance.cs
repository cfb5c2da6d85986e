namespace SPaR.Integration.Tests.Compliance;

/// <summary>What every <see cref="ITextEngine"/> promises. A derived class creates the engine and names the model.</summary>
public abstract class TextEngineCompliance
{
    private static readonly SamplingOptions Hot = new(1, 1, 0, 0, 16);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A model whose context is at most 4096 tokens.</summary>
    protected abstract ModelFile Model { get; }

    protected abstract ITextEngine Create();

    [Fact]
    public async Task Samples_come_in_the_order_of_their_seeds()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var forward = await model.GenerateAsync(Request([1, 2, 3]), default);
        var backward = await model.GenerateAsync(Request([3, 2, 1]), default);
        forward.Samples.Select(s => s.Text).ShouldBe(backward.Samples.Select(s => s.Text).Reverse());
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text_and_another_seed_another()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var result = await model.GenerateAsync(Request([7, 7, 8]), default);
        result.Samples[0].Text.ShouldBe(result.Samples[1].Text);
        result.Samples[0].Text.ShouldNotBe(result.Samples[2].Text);
        (await model.GenerateAsync(Request([7, 7, 8]), default)).Samples.Select(s => s.Text).ShouldBe(result.Samples.Select(s => s.Text));
    }

    [Fact]
    public async Task A_sample_that_reaches_the_limit_is_cut_and_says_so()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var result = await model.GenerateAsync(Request([1, 2, 3, 4]), default);
        foreach (var sample in result.Samples)
            (sample.Finish == FinishReason.Length).ShouldBe(sample.Tokens.Length == Hot.MaxTokens);
        result.Usage.Generated.ShouldBe(
            result.Samples.Sum(s => s.Tokens.Length + (s.Finish == FinishReason.Stop ? 1 : 0)), "end-of-turn tokens count as drawn");
        result.Usage.PrefillComputed.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Streamed_pieces_add_up_to_the_text_of_each_sample_before_the_result_comes()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var told = new Pieces();
        var result = await model.GenerateAsync(Request([1, 2, 3]) with { Streams = true, Progress = told }, default);

        for (var i = 0; i < result.Samples.Length; i++)
            string.Concat(told.All.Where(p => p.Sample == i).Select(p => p.Text)).ShouldBe(result.Samples[i].Text);
        told.All.Count.ShouldBeGreaterThan(3, "they come in pieces");
        (await model.GenerateAsync(Request([1, 2, 3]), default)).Samples.Select(s => s.Text)
            .ShouldBe(result.Samples.Select(s => s.Text), "streaming changes nothing");
    }

    [Fact]
    public async Task A_sample_ends_before_the_first_text_to_stop_at_and_no_piece_holds_any_of_it()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var whole = (await model.GenerateAsync(Request([1]), default)).Samples[0].Text;
        // From the middle of one word into the next.
        var stop = whole[(whole.Length / 3)..(whole.Length / 2)];
        var expected = whole[..whole.IndexOf(stop, StringComparison.Ordinal)];

        var told = new Pieces();
        var request = Request([1]) with { StopAt = ["never said", stop], Streams = true, Progress = told };
        var streamed = await model.GenerateAsync(request, default);
        var silent = await model.GenerateAsync(request with { Streams = false, Progress = null }, default);

        foreach (var result in new[] { streamed, silent })
            (result.Samples[0].Text, result.Samples[0].Finish).ShouldBe((expected, FinishReason.Stop));
        string.Concat(told.All.Select(p => p.Text)).ShouldBe(expected);
        streamed.Usage.Generated.ShouldBeLessThan(Hot.MaxTokens, "what follows is not generated");
        await Should.ThrowAsync<ArgumentException>(model.GenerateAsync(Request([1]) with { StopAt = [""] }, default));
    }

    [Fact]
    public async Task A_request_without_seeds_is_refused()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        await Should.ThrowAsync<ArgumentException>(model.GenerateAsync(Request([]), default));
    }

    [Fact]
    public async Task A_request_that_alone_cannot_fit_is_refused_with_the_numbers()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var e = await Should.ThrowAsync<PromptTooLongException>(
            model.GenerateAsync(Request([1], Hot with { MaxTokens = model.ContextTokens }), default));
        e.ContextTokens.ShouldBe(model.ContextTokens);
        e.MaxTokens.ShouldBe(model.ContextTokens);
        e.PromptTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_cancelled_request_ends_and_the_others_go_on()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        using var stop = new CancellationTokenSource();
        // Of maximal length, and more samples than start at once, so it cannot end before it is cancelled.
        var many = Enumerable.Range(0, 40 * model.Sequences).Select(i => (ulong)i).ToArray();
        var cancelled = model.GenerateAsync(Request(many, Hot with { MaxTokens = model.ContextTokens / 2 }), stop.Token);
        var other = model.GenerateAsync(Request([5]), default);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled.WaitAsync(Patience));
        (await other.WaitAsync(Patience)).Samples.Length.ShouldBe(1);
        // Its memory is free again: as many samples as sequences fit at once.
        (await model.GenerateAsync(Request([.. many.Take(model.Sequences)]), default).WaitAsync(Patience))
            .Samples.Length.ShouldBe(model.Sequences);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_before_it_starts_never_does()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        await Should.ThrowAsync<OperationCanceledException>(model.GenerateAsync(Request([1]), new CancellationToken(true)));
    }

    [Fact]
    public async Task Requests_of_many_callers_are_all_answered()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(Model, default);
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => model.GenerateAsync(Request([(ulong)i, 1]), default)))
            .WaitAsync(Patience);
        results.ShouldAllBe(r => r.Samples.Length == 2);
    }

    [Fact]
    public async Task A_file_loaded_twice_lives_until_the_last_handle_is_disposed()
    {
        await using var engine = Create();
        var first = await engine.LoadAsync(Model, default);
        var second = await engine.LoadAsync(Model, default);
        await first.DisposeAsync();
        await first.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => first.GenerateAsync(Request([1]), default));
        (await second.GenerateAsync(Request([1]), default)).Samples.Length.ShouldBe(1);
        await second.DisposeAsync();
        await using var again = await engine.LoadAsync(Model, default);
        (await again.GenerateAsync(Request([1]), default)).Samples.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Disposing_the_engine_ends_what_runs()
    {
        var engine = Create();
        var model = await engine.LoadAsync(Model, default);
        var many = Enumerable.Range(0, 40 * model.Sequences).Select(i => (ulong)i).ToArray();
        var running = model.GenerateAsync(Request(many, Hot with { MaxTokens = model.ContextTokens / 2 }), default);
        await engine.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(running.WaitAsync(Patience));
        await Should.ThrowAsync<ObjectDisposedException>(() => model.GenerateAsync(Request([1]), default));
        await Should.ThrowAsync<ObjectDisposedException>(() => engine.LoadAsync(Model, default));
    }

    private static GenerationRequest Request(ulong[] seeds, SamplingOptions? sampling = null) =>
        new(Conversation.Empty.User("write about the sea"), sampling ?? Hot, [.. seeds], "test");

    private sealed class Pieces : IProgress<GenerationProgress>
    {
        public List<TextPiece> All { get; } = [];

        public void Report(GenerationProgress value) => All.AddRange(value.Pieces);
    }
}
