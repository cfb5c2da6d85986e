using System.Collections.Concurrent;
using SPaR.Llama.Memory;
using SPaR.Llama.Processes;

namespace SPaR.Tests.Llama;

/// <summary>Models take turns in memory for one.</summary>
public sealed class ModelTurnsTests
{
    private static readonly ModelFile First = new("first.gguf", "1", "t"), Second = new("second.gguf", "2", "t");

    private readonly ConcurrentDictionary<ModelFile, bool> _there = new();
    private readonly ConcurrentQueue<ModelFile> _loads = new();

    [Fact]
    public async Task While_a_request_waits_for_another_model_requests_to_the_loaded_one_enter()
    {
        await using var turns = Turns(TimeSpan.FromMinutes(10));
        var one = await turns.EnterAsync(First, default);
        var other = turns.EnterAsync(Second, default);
        await Task.Delay(50);

        var two = await turns.EnterAsync(First, default);
        one.Dispose();
        await Task.Delay(50);
        other.IsCompleted.ShouldBeFalse("the first model is still in use");
        two.Dispose();

        (await other).Model.File.ShouldBe(Second);
        _there.Keys.ShouldBe([Second]);
    }

    [Fact]
    public async Task After_the_longest_wait_nothing_enters_before_the_waiting_request()
    {
        await using var turns = Turns(TimeSpan.FromMilliseconds(100));
        var one = await turns.EnterAsync(First, default);
        var other = turns.EnterAsync(Second, default);
        await Task.Delay(400);

        var late = turns.EnterAsync(First, default);
        late.IsCompleted.ShouldBeFalse();
        one.Dispose();
        using (await other)
            late.IsCompleted.ShouldBeFalse("the second model is loaded now");

        using var back = await late;
        _loads.ShouldBe([First, Second, First]);
    }

    [Fact]
    public async Task A_cancelled_wait_does_not_keep_others_out()
    {
        await using var turns = Turns(TimeSpan.FromMilliseconds(50));
        using var one = await turns.EnterAsync(First, default);
        using var stop = new CancellationTokenSource();
        var other = turns.EnterAsync(Second, stop.Token);
        await Task.Delay(200);
        var late = turns.EnterAsync(First, default);
        late.IsCompleted.ShouldBeFalse();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(other);
        using var entered = await late;
        _loads.ShouldBe([First]);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_fails_only_requests_to_it()
    {
        await using var turns = Turns(TimeSpan.FromMinutes(10));
        var damaged = new ModelFile("damaged.gguf", "3", "t");
        turns.Open(damaged);

        await Should.ThrowAsync<ModelRejectedException>(
            Task.WhenAll(turns.EnterAsync(damaged, default), turns.EnterAsync(damaged, default)));

        using var one = await turns.EnterAsync(First, default);
    }

    [Fact]
    public async Task A_model_is_stopped_with_its_last_handle()
    {
        await using var turns = Turns(TimeSpan.FromMinutes(10));
        turns.Open(First);
        (await turns.EnterAsync(First, default)).Dispose();

        await turns.CloseAsync(First);
        _there.Keys.ShouldBe([First]);
        await turns.CloseAsync(First);

        _there.ShouldBeEmpty();
        await Should.ThrowAsync<ObjectDisposedException>(turns.EnterAsync(First, default));
        _loads.ShouldBe([First]);
    }

    [Fact]
    public async Task Closing_a_model_fails_its_waiting_requests_at_once()
    {
        await using var turns = Turns(TimeSpan.FromMinutes(10));
        using var one = await turns.EnterAsync(First, default);
        var waiting = turns.EnterAsync(Second, default);

        await turns.CloseAsync(Second);

        await Should.ThrowAsync<ObjectDisposedException>(waiting.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Disposing_stops_every_model_and_ends_every_wait()
    {
        var turns = Turns(TimeSpan.FromMinutes(10));
        using var one = await turns.EnterAsync(First, default);
        var waiting = turns.EnterAsync(Second, default);

        await turns.DisposeAsync();

        _there.ShouldBeEmpty();
        await Should.ThrowAsync<ObjectDisposedException>(waiting);
        Should.Throw<ObjectDisposedException>(() => turns.Open(First));
    }

    private ModelTurns<Model> Turns(TimeSpan maxWait)
    {
        var turns = new ModelTurns<Model>(LoadAsync, maxWait, TimeProvider.System);
        turns.Open(First);
        turns.Open(Second);
        return turns;
    }

    private Task<Model> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        if (file.Path == "damaged.gguf")
            throw new ModelRejectedException("load-failed", "damaged");
        if (!_there.IsEmpty)
            throw new NoRoomException("full");
        _there[file] = true;
        _loads.Enqueue(file);
        return Task.FromResult(new Model(file, _there));
    }

    private sealed class Model(ModelFile file, ConcurrentDictionary<ModelFile, bool> there) : IAsyncDisposable
    {
        public ModelFile File => file;

        public ValueTask DisposeAsync()
        {
            there.TryRemove(file, out _);
            return ValueTask.CompletedTask;
        }
    }
}
