using System.Runtime.Versioning;
using SPaR.Gguf;
using SPaR.Integration.Tests.Demo;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;
using SPaR.Llama.Processes;
using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama.Processes;

/// <summary>Real processes that take turns in memory that is too small for all of them.</summary>
[SupportedOSPlatform("linux")]
[Collection(ProcessEngines.OneAtATime)]
public sealed class ProcessTurnsTests
{
    private const int Cells = 2048;

    private static readonly ModelFile Other = TinyModel.Write("other-turns.gguf", w => Array.Reverse(w["output.weight"]));

    private static readonly long Needs = MemoryPlan.Of(
        GgufReader.Read(TinyModel.File.Path), null, new LlamaOptions { Sequences = 8, BatchTokens = 64, Cells = Cells }.ShapeOf(512)).Total;

    [Fact]
    public async Task Two_models_take_turns_in_a_memory_that_holds_one_and_say_what_they_say_alone()
    {
        await using var engine = Engine(Needs * 3 / 2);
        await using var first = await engine.LoadAsync(TinyModel.File, default);
        await using var second = await engine.LoadAsync(Other, default);
        OsProcesses.ChildrenOf(Environment.ProcessId, "--role\0engine").Count.ShouldBe(1, "the second replaced the first");

        var said = await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            (i % 2 == 0 ? first : second).GenerateAsync(Request("the sea", Greedy, 1), default)));

        foreach (var (file, at) in new[] { (TinyModel.File, 0), (Other, 1) })
        {
            await using var alone = await Create().LoadAsync(file, default);
            var expected = (await alone.GenerateAsync(Request("the sea", Greedy, 1), default)).Samples[0].Tokens;
            for (var i = at; i < said.Length; i += 2)
                said[i].Samples[0].Tokens.ShouldBe(expected);
        }
        OsProcesses.ChildrenOf(Environment.ProcessId, "--role\0engine").Count.ShouldBe(1);
        first.Encode(Ask("the sea")).Length.ShouldBePositive("a stopped model is started to tokenise, too");
    }

    [Fact]
    public async Task If_both_fit_both_stay_loaded()
    {
        await using var engine = Engine(Needs * 5 / 2);
        await using var first = await engine.LoadAsync(TinyModel.File, default);
        await using var second = await engine.LoadAsync(Other, default);
        OsProcesses.ChildrenOf(Environment.ProcessId, "--role\0engine").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_model_that_does_not_fit_alone_is_refused_and_takes_no_place()
    {
        await using var engine = Engine(Needs * 3 / 2);
        await using var first = await engine.LoadAsync(TinyModel.File, default);
        var before = OsProcesses.ChildrenOf(Environment.ProcessId, "--role\0engine");
        var large = TinyModel.File with { Adapter = TinyAdapter.Write("large-adapter.gguf", 1, rank: (int)(Needs / 256)) };

        var e = await Should.ThrowAsync<ModelRejectedException>(engine.LoadAsync(large, default));

        e.Code.ShouldBe("too-large");
        e.Message.ShouldContain("Llama:MemoryBytes leaves");
        OsProcesses.ChildrenOf(Environment.ProcessId, "--role\0engine").ShouldBe(before);
    }

    [Fact]
    public async Task A_request_that_waits_for_a_turn_can_be_cancelled()
    {
        await using var engine = Engine(Needs * 3 / 2);
        await using var second = await engine.LoadAsync(Other, default);
        await using var first = await engine.LoadAsync(TinyModel.File, default);
        using var stop = new CancellationTokenSource();
        var seeds = Enumerable.Range(0, 60).Select(i => (ulong)i).ToArray();
        var busy = first.GenerateAsync(Request("the sea", Hot with { MaxTokens = 200 }, seeds), default);
        var waiting = second.GenerateAsync(Request("the sea", Greedy, 1), stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        (await busy).Samples.Length.ShouldBe(60);
        (await second.GenerateAsync(Request("the sea", Greedy, 1), default)).Samples.Length.ShouldBe(1);
    }

    private static ProcessEngine Engine(long memory) => ProcessEngines.Create(memory: memory, cells: Cells);
}
