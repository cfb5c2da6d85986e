using SPaR.Method;
using SPaR.Method.Items;

namespace SPaR.Integration.Tests.Runs;

/// <summary>Models that kill their process, and files that are not what was registered.</summary>
public sealed class ModelTroubleTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const int AnswersEach = 5;

    private readonly List<TestWorker> _workers = [];
    private RunWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await RunWorld.CreateAsync(postgres);

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task A_run_whose_model_kills_its_process_fails_with_the_last_words_and_can_be_retried()
    {
        var worker = await StartAsync();
        worker.Engine.Refusal = new ModelProcessDiedException("m.gguf: its process died.", "GGML_ASSERT(false) failed", 134);
        var run = await _world.SubmitAsync(3);
        await _world.UntilAsync(run, RunStatus.Failed);
        var failed = await _world.RunAsync(run);
        failed.Code.ShouldBe("process-died");
        failed.Detail!.ShouldContain("GGML_ASSERT(false) failed");
        worker.Engine.Refusal = null;
        await _world.Lifecycle.RetryAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await ShouldBePairedAsync(run);
    }

    [Fact]
    public async Task One_item_over_which_the_process_of_a_model_dies_ends_in_error_and_the_others_are_done()
    {
        await StartAsync((item, _) => item is { Ordinal: 2, IsSample: false }
            ? throw new ModelProcessDiedException("m.gguf: its process died.", "GGML_ASSERT(false) failed", 134)
            : Task.CompletedTask);
        var run = await _world.SubmitAsync(8);
        await _world.UntilAsync(run, RunStatus.Succeeded, seconds: 60);
        var items = await _world.ItemsAsync(run);
        items.Where(i => i.State is ItemState.Error).Select(i => (i.Ordinal, i.Detail)).ShouldBe([(2, "m.gguf: its process died.")]);
        items.Count(i => i.State is ItemState.Paired).ShouldBe(7);
    }

    [Fact]
    public async Task A_model_file_that_is_replaced_while_a_run_works_fails_the_run_and_restored_it_goes_on()
    {
        var reached = new TaskCompletionSource();
        var replaced = new TaskCompletionSource();
        await StartAsync(async (item, stop) =>
        {
            if (item.Ordinal < 2)
                return;
            reached.TrySetResult();
            await replaced.Task.WaitAsync(stop);
        });
        var run = await _world.SubmitAsync(6);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var content = await File.ReadAllTextAsync(_world.ModelFile);
        var written = File.GetLastWriteTimeUtc(_world.ModelFile);
        // Of the same size and with the same time: neither tells.
        await File.WriteAllTextAsync(_world.ModelFile, content.ToUpperInvariant());
        File.SetLastWriteTimeUtc(_world.ModelFile, written);
        replaced.SetResult();

        await _world.UntilAsync(run, RunStatus.Failed);
        var failed = await _world.RunAsync(run);
        failed.Code.ShouldBe("model-file-changed");
        failed.Detail!.ShouldStartWith("The file 'm.gguf' has changed");
        (await _world.StoredAsync(run)).Answers.ShouldBeLessThanOrEqualTo(2 * AnswersEach, "nothing of the other file is stored");
        await File.WriteAllTextAsync(_world.ModelFile, content);
        await _world.Lifecycle.RetryAsync(run, default);
        await _world.UntilAsync(run, RunStatus.Succeeded);
        await ShouldBePairedAsync(run);
    }

    private async Task ShouldBePairedAsync(string run) =>
        (await _world.ItemsAsync(run)).ShouldAllBe(i => i.State == ItemState.Paired && i.Failures == 0);

    private async Task<TestWorker> StartAsync(Func<ItemRequest, CancellationToken, Task>? before = null)
    {
        var worker = await TestWorker.StartAsync(_world, before);
        _workers.Add(worker);
        return worker;
    }
}
