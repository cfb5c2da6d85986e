using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama;

public sealed class LlamaModelTests
{
    [Fact]
    public async Task Samples_of_one_request_equal_single_requests_and_share_one_prefill()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var single = await model.GenerateAsync(Request("write about the sea", Greedy, 1), default);
        var five = await model.GenerateAsync(Request("write about the sea", Greedy, 1, 2, 3, 4, 5), default);
        foreach (var tokens in TokensOf(five))
            tokens.ShouldBe(single.Samples[0].Tokens);
        five.Usage.PrefillComputed.ShouldBe(1, "the prompt is cached, but not the logits of its last token");
        five.Usage.PrefillForked.ShouldBe((5 * single.Usage.PrefillComputed) - 1);
        five.Usage.Generated.ShouldBe(5 * single.Usage.Generated);
    }

    [Fact]
    public async Task Requests_in_one_batch_equal_the_same_requests_alone()
    {
        string[] prompts = ["write about the sea", "write about the forest", "the wolf", "slowly slowly", "Yes No Yes", "judge"];
        await using var engine = Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var alone = new List<GenerationResult>();
        foreach (var prompt in prompts)
            alone.Add(await model.GenerateAsync(Request(prompt, Greedy, 1), default));
        var together = await Task.WhenAll(prompts.Select(p => model.GenerateAsync(Request(p, Greedy, 1), default)));
        for (var i = 0; i < prompts.Length; i++)
            together[i].Samples[0].Tokens.ShouldBe(alone[i].Samples[0].Tokens, prompts[i]);
    }

    [Fact]
    public async Task A_prompt_longer_than_a_batch_is_computed_in_parts()
    {
        var prompt = string.Join(' ', Enumerable.Repeat("the wolf", 40));
        await using var small = Create(batch: 16);
        await using var large = Create(batch: 256);
        await using var first = await small.LoadAsync(TinyModel.File, default);
        await using var second = await large.LoadAsync(TinyModel.File, default);
        var parts = await first.GenerateAsync(Request(prompt, Greedy, 1, 2), default);
        var whole = await second.GenerateAsync(Request(prompt, Greedy, 1, 2), default);
        parts.Samples[0].Tokens.ShouldBe(whole.Samples[0].Tokens);
        parts.Usage.ShouldBe(whole.Usage);
        parts.Usage.PrefillComputed.ShouldBeGreaterThan(80);
    }

    [Fact]
    public async Task More_samples_than_fit_at_once_come_in_waves()
    {
        await using var engine = Create(sequences: 3, cells: 256);
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var seeds = Enumerable.Range(0, 10).Select(i => (ulong)i).ToArray();
        var waves = await model.GenerateAsync(Request("the sea", Hot, seeds), default);
        await using var wide = Create(sequences: 16);
        await using var other = await wide.LoadAsync(TinyModel.File, default);
        var once = await other.GenerateAsync(Request("the sea", Hot, seeds), default);
        // The first token only: later ones may be rounded differently in batches of another shape.
        TokensOf(waves).Select(t => t[0]).ShouldBe(TokensOf(once).Select(t => t[0]));
        // Of a cached prompt the last token is computed, as its logits are not cached.
        waves.Usage.PrefillComputed.ShouldBeLessThan(once.Usage.PrefillComputed + 10, "10 samples, 3 at once, share one prompt");
    }

    [Fact]
    public async Task Requests_wait_for_cells_and_all_end()
    {
        // Cells for two requests of about 110 at once.
        await using var engine = Create(cells: 256);
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            model.GenerateAsync(Request("the sea", Hot with { MaxTokens = 50 }, (ulong)i, 99), default)));
        results.ShouldAllBe(r => r.Samples.Length == 2);
    }

    [Fact]
    public async Task Cancelling_the_only_request_stops_its_evaluation_and_the_engine_goes_on()
    {
        await using var engine = Create(sequences: 8, batch: 2048, context: 2048);
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        for (var i = 0; i < 20; i++)
        {
            using var stop = new CancellationTokenSource();
            var prompt = string.Join(' ', Enumerable.Repeat("wolf", 1900));
            var request = model.GenerateAsync(Request(prompt, Hot, 1), stop.Token);
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
        var after = await model.GenerateAsync(Request("the sea", Greedy, 1), default);
        await using var fresh = Create();
        await using var untouched = await fresh.LoadAsync(TinyModel.File, default);
        after.Samples[0].Tokens.ShouldBe((await untouched.GenerateAsync(Request("the sea", Greedy, 1), default)).Samples[0].Tokens);
    }

    [Fact]
    public async Task Two_models_are_served_side_by_side()
    {
        var otherFile = TinyModel.Write("other.gguf", w => Array.Reverse(w["output.weight"]));
        await using var engine = Create();
        await using var first = await engine.LoadAsync(TinyModel.File, default);
        await using var second = await engine.LoadAsync(otherFile, default);
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            (i % 2 == 0 ? first : second).GenerateAsync(Request("the sea", Greedy, 1), default)));
        results[0].Samples[0].Tokens.ShouldBe(results[8].Samples[0].Tokens);
        results[1].Samples[0].Tokens.ShouldBe(results[9].Samples[0].Tokens);
        results[0].Samples[0].Tokens.ShouldNotBe(results[1].Samples[0].Tokens);
    }

    [Fact]
    public async Task A_penalty_keeps_what_stands_in_prompt_and_answer_from_coming_again()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        const string prompt = "write about the sea";
        var before = model.Encode(Ask(prompt));
        async Task<int> Repeated(double penalty)
        {
            var result = await model.GenerateAsync(Request(prompt, Greedy with { RepetitionPenalty = penalty }, 1), default);
            int[] all = [.. before.Distinct(), .. result.Samples[0].Tokens];
            result.Samples[0].Tokens.ShouldNotBeEmpty();
            return all.Length - all.Distinct().Count();
        }
        (await Repeated(1)).ShouldBeGreaterThan(0, "without a penalty this model repeats itself");
        (await Repeated(100)).ShouldBe(0);
    }

    [Fact]
    public async Task Options_out_of_range_are_named()
    {
        await using var engine = Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        async Task Refused(SamplingOptions options, string reason) =>
            (await Should.ThrowAsync<ArgumentException>(model.GenerateAsync(Request("x", options, 1), default))).Message.ShouldBe(reason);
        await Refused(Hot with { Temperature = -1 }, "Temperature must be from 0 to 100; it is -1.");
        await Refused(Hot with { Temperature = double.NaN }, "Temperature must be from 0 to 100; it is NaN.");
        await Refused(Hot with { TopP = 0 }, "TopP must be above 0 and at most 1; it is 0.");
        await Refused(Hot with { TopK = -1 }, "TopK must be 0 or more; it is -1.");
        await Refused(Hot with { MinP = 1.5 }, "MinP must be from 0 to 1; it is 1.5.");
        await Refused(Hot with { RepetitionPenalty = 0 }, "RepetitionPenalty must be above 0 and at most 100; it is 0.");
        await Refused(Hot with { Order = (SamplingOrder)2 }, "Order must be TemperatureFirst or FiltersFirst; it is 2.");
        await Refused(Hot with { MaxTokens = 0 }, "MaxTokens must be at least 1; it is 0.");
    }
}
