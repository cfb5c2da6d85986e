using System.Diagnostics;
using System.Runtime.Versioning;
using SPaR.Integration.Tests.Demo;
using SPaR.Llama.Models;
using SPaR.Llama.Processes;

namespace SPaR.Integration.Tests.Llama.Processes;

/// <summary>Real processes, killed and misused.</summary>
[SupportedOSPlatform("linux")]
[Collection(ProcessEngines.OneAtATime)]
public sealed class EngineProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Many more samples than run at once, each as long as possible: it takes a while.</summary>
    private static readonly GenerationRequest Long = Engines.Request(
        "write about the sea", Engines.Hot with { MaxTokens = 200 }, [.. Enumerable.Range(0, 1500).Select(i => (ulong)i)]);

    [Fact]
    public async Task A_killed_process_is_replaced_and_its_unanswered_calls_are_answered()
    {
        await using var process = await StartAsync();
        var before = process.Current.Id;
        var request = Long with { Seeds = [.. Long.Seeds.Take(300)] };
        var asked = process.CallAsync<Generated>(id => new GenerateCall(id, request), CancellationToken.None);
        asked.IsCompleted.ShouldBeFalse();

        OsProcesses.Kill(before);

        var (reply, by) = await asked.WaitAsync(Patience);
        reply.Samples.Length.ShouldBe(request.Seeds.Length);
        by.Id.ShouldNotBe(before);
    }

    [Fact]
    public async Task A_call_during_which_three_processes_died_is_not_repeated()
    {
        await using var process = await StartAsync();
        var asked = process.CallAsync<Generated>(id => new GenerateCall(id, Long), CancellationToken.None);
        var killed = new HashSet<int>();
        while (killed.Count < 3)
        {
            asked.IsCompleted.ShouldBeFalse();
            if (killed.Add(process.Current.Id))
                OsProcesses.Kill(process.Current.Id);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        (await Should.ThrowAsync<ModelProcessDiedException>(asked.WaitAsync(Patience))).ExitCode.ShouldBe(137);
        // The next call has a process again.
        (await process.CallAsync<Encoded>(id => new TokenizeCall(id, " the sea"), CancellationToken.None)).Reply.Tokens.ShouldBe(
            [TinyModel.Word("the"), TinyModel.Word("sea")]);
    }

    [Fact]
    public async Task A_request_tells_of_its_tokens_while_they_are_generated()
    {
        await using var process = await StartAsync();
        using var stop = new CancellationTokenSource();
        var first = new FirstTokens();

        var asked = process.CallAsync<Generated>(id => new GenerateCall(id, Long with { Progress = first }), stop.Token);

        (await first.Seen.WaitAsync(Patience)).ShouldBeGreaterThan(0);
        asked.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asked);
    }

    [Fact]
    public async Task A_request_that_has_given_text_is_not_repeated_when_its_process_dies()
    {
        await using var engine = ProcessEngines.Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var first = new FirstTokens(ofText: true);
        var asked = model.GenerateAsync(Long with { Streams = true, Progress = first }, default);
        await first.Seen.WaitAsync(Patience);

        OsProcesses.Kill(Children().ShouldHaveSingleItem());

        await Should.ThrowAsync<ModelProcessDiedException>(asked.WaitAsync(Patience));
        (await model.GenerateAsync(Engines.Request("write", Engines.Hot, 1), default)).Samples.Length.ShouldBe(1, "it has a process again");
    }

    /// <summary>Closing the pipe to a dead process threw, and failed the request that found it dead.</summary>
    [Fact]
    public async Task A_prefix_lease_of_a_dead_process_can_be_released()
    {
        await using var engine = ProcessEngines.Create();
        await using var model = await engine.LoadAsync(TinyModel.File, default);
        var result = await model.GenerateAsync(Engines.Request("write", Engines.Hot, 1, 2) with { Retain = true }, default);
        OsProcesses.Kill(Children().ShouldHaveSingleItem());
        // Calls a second process, so that the first is known to be dead.
        (await model.GenerateAsync(Engines.Request("write", Engines.Hot, 1), default)).Samples.Length.ShouldBe(1);

        result.Prefix.ShouldNotBeNull().Keep(1);
        result.Prefix.Dispose();

        (await model.GenerateAsync(Engines.Request("write", Engines.Hot, 1), default)).Samples.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Two_models_have_a_process_each_and_both_end_with_their_handles()
    {
        await using var engine = ProcessEngines.Create();
        var first = await engine.LoadAsync(TinyModel.File, default);
        var second = await engine.LoadAsync(TinyModel.Wordy, default);
        Children().Count.ShouldBe(2);

        await first.DisposeAsync();
        Children().Count.ShouldBe(1);
        await second.DisposeAsync();
        Children().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_process_ends_when_nobody_can_call_it_any_more()
    {
        var start = new ProcessStartInfo(ProcessEngines.Host[0], ProcessEngines.Host.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start).ShouldNotBeNull();
        var options = new LlamaOptions { Threads = 1, Sequences = 8, BatchTokens = 64 };
        Frames.Write<Call>(process.StandardInput.BaseStream, new LoadCall(1, TinyModel.File, options, default));
        Frames.Read<Reply>(process.StandardOutput.BaseStream).ShouldBeOfType<Loaded>();
        Frames.Write<Call>(process.StandardInput.BaseStream, new GenerateCall(2, Long));

        // As the system closes the pipe when the process at its other end is killed.
        process.StandardInput.Close();

        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        process.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_is_not_a_model_is_refused_by_code_and_leaves_no_process()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "no-model.gguf");
        await File.WriteAllTextAsync(path, "no model", TestContext.Current.CancellationToken);
        await using var engine = ProcessEngines.Create();
        var e = await Should.ThrowAsync<ModelRejectedException>(
            engine.LoadAsync(new ModelFile(path, "", TinyModel.Template), default));
        e.Code.ShouldBe("not-gguf");
        Children().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/no/such/program", "/no/such/program")]
    [InlineData("false", "exit code 1")]
    [InlineData("yes", "Llama:Command")]
    public async Task A_command_that_is_not_an_engine_is_an_error(string program, string expected)
    {
        await using var engine = ProcessEngines.Create([program, "hello there"]);
        (await Should.ThrowAsync<Exception>(engine.LoadAsync(TinyModel.File, default))).Message.ShouldContain(expected);
        (await Should.ThrowAsync<NativeLibraryMissingException>(engine.CheckAsync(default))).Message.ShouldContain(expected);
    }

    [Fact]
    public async Task A_process_that_dies_leaves_its_last_words()
    {
        await using var engine = ProcessEngines.Create(
            ["sh", "-c", "echo 'ggml.c:7: GGML_ASSERT(rows > 0) failed' >&2; kill -ABRT $$"]);
        var e = await Should.ThrowAsync<ModelProcessDiedException>(engine.LoadAsync(TinyModel.File, default));
        (e.ExitCode, e.LastWords).ShouldBe((134, "ggml.c:7: GGML_ASSERT(rows > 0) failed"));
        e.Message.ShouldContain(TinyModel.File.Path);
        e.Message.ShouldContain(e.LastWords);
    }

    [Fact]
    public async Task What_native_code_prints_does_not_reach_the_replies()
    {
        await using var process = await StartAsync();
        var id = process.Current.Id;
        LinkOf(1).ShouldBe(LinkOf(2), "standard output is where errors go");

        string? LinkOf(int descriptor) => new FileInfo($"/proc/{id}/fd/{descriptor}").LinkTarget;
    }

    [Fact]
    public async Task A_check_loads_llama_cpp_and_leaves_no_process()
    {
        await using var engine = ProcessEngines.Create();
        await engine.CheckAsync(default);
        Children().ShouldBeEmpty();
    }

    private static async Task<RestartingProcess> StartAsync()
    {
        var options = new LlamaOptions { Threads = 1, Sequences = 8, BatchTokens = 64 };
        return await RestartingProcess.StartAsync(
            TinyModel.File,
            async stop =>
            {
                var (process, reply) = await EngineProcess.StartAsync(
                    ProcessEngines.Host, "tiny", id => new LoadCall(id, TinyModel.File, options, default), stop);
                return (process, (Loaded)reply);
            },
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default);
    }

    private static List<int> Children() => OsProcesses.ChildrenOf(Environment.ProcessId, "--role\0engine");

    private sealed class FirstTokens(bool ofText = false) : IProgress<GenerationProgress>
    {
        private readonly TaskCompletionSource<long> _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<long> Seen => _seen.Task;

        public void Report(GenerationProgress value)
        {
            if (ofText ? !value.Pieces.IsEmpty : value.Usage.Generated > 0)
                _seen.TrySetResult(value.Usage.Generated);
        }
    }
}
