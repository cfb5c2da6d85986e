using System.Collections.Concurrent;
using SPaR.Abstractions;
using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

/// <summary>Models take turns on a stage that has room for one.</summary>
public sealed class StageTests
{
    private static readonly ModelFile First = new("first.gguf", "1", "t"), Second = new("second.gguf", "2", "t");

    private readonly ConcurrentDictionary<ModelFile, bool> _there = new();
    private readonly ConcurrentQueue<ModelFile> _loads = new();

    [Fact]
    public async Task While_one_waits_for_another_model_those_who_want_the_one_that_is_there_still_enter()
    {
        var stage = Stage(TimeSpan.FromMinutes(10));
        var one = await stage.EnterAsync(First, default);
        var other = stage.EnterAsync(Second, default);
        await Task.Delay(50);

        var two = await stage.EnterAsync(First, default);
        one.Dispose();
        await Task.Delay(50);
        other.IsCompleted.ShouldBeFalse("somebody is still on");
        two.Dispose();

        (await other).Model.File.ShouldBe(Second);
        _there.Keys.ShouldBe([Second]);
    }

    [Fact]
    public async Task When_the_patience_is_over_nobody_enters_before_the_one_who_waits()
    {
        var stage = Stage(TimeSpan.FromMilliseconds(100));
        var one = await stage.EnterAsync(First, default);
        var other = stage.EnterAsync(Second, default);
        await Task.Delay(400);

        var late = stage.EnterAsync(First, default);
        late.IsCompleted.ShouldBeFalse();
        one.Dispose();
        using (await other)
            late.IsCompleted.ShouldBeFalse("the second model is there now");

        using var back = await late;
        _loads.ShouldBe([First, Second, First]);
    }

    [Fact]
    public async Task Who_gives_up_keeps_nobody_else_away()
    {
        var stage = Stage(TimeSpan.FromMilliseconds(50));
        using var one = await stage.EnterAsync(First, default);
        using var stop = new CancellationTokenSource();
        var other = stage.EnterAsync(Second, stop.Token);
        await Task.Delay(200);
        var late = stage.EnterAsync(First, default);
        late.IsCompleted.ShouldBeFalse();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(other);
        using var entered = await late;
        _loads.ShouldBe([First]);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_fails_those_who_wait_for_it_alone()
    {
        var stage = Stage(TimeSpan.FromMinutes(10));
        var damaged = new ModelFile("damaged.gguf", "3", "t");
        stage.Open(damaged);

        await Should.ThrowAsync<ModelRejectedException>(
            Task.WhenAll(stage.EnterAsync(damaged, default), stage.EnterAsync(damaged, default)));

        using var one = await stage.EnterAsync(First, default);
    }

    [Fact]
    public async Task A_model_leaves_with_the_last_who_opened_it()
    {
        var stage = Stage(TimeSpan.FromMinutes(10));
        stage.Open(First);
        (await stage.EnterAsync(First, default)).Dispose();

        await stage.CloseAsync(First);
        _there.Keys.ShouldBe([First]);
        await stage.CloseAsync(First);

        _there.ShouldBeEmpty();
        await Should.ThrowAsync<ObjectDisposedException>(stage.EnterAsync(First, default));
        _there.ShouldBeEmpty("what nobody can ask is not kept");
    }

    private Stage Stage(TimeSpan patience)
    {
        var stage = new Stage(LoadAsync, patience, TimeProvider.System);
        stage.Open(First);
        stage.Open(Second);
        return stage;
    }

    private Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        if (file.Path == "damaged.gguf")
            throw new ModelRejectedException("load-failed", "damaged");
        if (!_there.IsEmpty)
            throw new ModelRejectedException("too-large", "full");
        _there[file] = true;
        _loads.Enqueue(file);
        return Task.FromResult<ITextModel>(new PlainModel(file, () => _there.TryRemove(file, out _)));
    }
}
