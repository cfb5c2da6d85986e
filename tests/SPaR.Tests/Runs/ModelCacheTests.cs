using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using SPaR.Service.Worker;

namespace SPaR.Tests.Runs;

/// <summary>When models are loaded and unloaded. The engine notes both.</summary>
public sealed class ModelCacheTests : IAsyncDisposable
{
    private static readonly ModelFile Actor = new("actor.gguf", new('0', 64), "t");
    private static readonly ModelFile Refiner = new("refiner.gguf", new('1', 64), "t");

    private readonly NotingEngine _engine = new();
    private readonly ModelCache _patient;

    public ModelCacheTests() => _patient = Cache(3600);

    public async ValueTask DisposeAsync()
    {
        await _patient.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_training_that_begins_gets_the_memory_of_every_model_that_nobody_uses()
    {
        await using (await _patient.LeaseAsync(Actor, default))
        await using (await _patient.LeaseAsync(Refiner, default))
            _engine.Noted.ShouldBe(["load actor.gguf", "load refiner.gguf"]);
        _engine.Noted.Count.ShouldBe(2, "they stay for the next share");

        await _patient.UnloadIdleAsync();

        _engine.Noted.Skip(2).Order().ShouldBe(["unload actor.gguf", "unload refiner.gguf"]);
    }

    // It held up every other model of the worker.
    [Fact]
    public async Task A_model_that_loads_for_ever_holds_up_only_who_waits_for_it()
    {
        var engine = new HungEngine();
        await using var cache = new ModelCache(engine, Options.Create(new WorkerOptions()), TimeProvider.System);
        using var patience = new CancellationTokenSource();
        var hung = cache.LeaseAsync(Actor, patience.Token);

        await using var refiner = await cache.LeaseAsync(Refiner, default);
        await cache.UnloadIdleAsync();
        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(hung);
        engine.Given.ShouldBe([Actor], "nobody waits for it any more, so it is given up");
    }

    [Fact]
    public async Task A_model_that_another_run_uses_stays()
    {
        await using var held = await _patient.LeaseAsync(Refiner, default);
        await using (await _patient.LeaseAsync(Actor, default))
        await using (await _patient.LeaseAsync(Refiner, default))
            await _patient.UnloadIdleAsync();
        _engine.Noted.ShouldBe(["load refiner.gguf", "load actor.gguf"], "both were in use");

        await _patient.UnloadIdleAsync();

        _engine.Noted.Skip(2).ShouldBe(["unload actor.gguf"], "one of two users of the refiner has it still");
        await using var again = await _patient.LeaseAsync(Refiner, default);
        again.Model.ShouldBeSameAs(held.Model);
    }

    [Fact]
    public async Task A_model_that_was_unloaded_is_loaded_again_for_who_asks()
    {
        await using (await _patient.LeaseAsync(Actor, default))
        {
        }

        await _patient.UnloadIdleAsync();
        await _patient.UnloadIdleAsync();
        await using var again = await _patient.LeaseAsync(Actor, default);

        _engine.Noted.ShouldBe(["load actor.gguf", "unload actor.gguf", "load actor.gguf"]);
    }

    [Fact]
    public async Task The_wait_of_a_model_that_was_unloaded_does_not_end_the_one_that_was_loaded_after_it()
    {
        await using var cache = Cache(0.1);
        await using (await cache.LeaseAsync(Actor, default))
        {
        }

        await cache.UnloadIdleAsync();
        await using (await cache.LeaseAsync(Actor, default))
        {
            await Task.Delay(300, TestContext.Current.CancellationToken);
            _engine.Noted.ShouldBe(["load actor.gguf", "unload actor.gguf", "load actor.gguf"]);
        }

        while (_engine.Noted.Count < 4)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        _engine.Noted[^1].ShouldBe("unload actor.gguf", "it has been idle for long enough itself");
    }

    // It was refused for sixty refiners more, until the idle model's time was over.
    [Fact]
    public async Task A_model_that_nobody_uses_makes_room_for_another()
    {
        var engine = new NarrowEngine();
        await using var cache = new ModelCache(engine, Options.Create(new WorkerOptions()), TimeProvider.System);
        await (await cache.LeaseAsync(Actor, default)).DisposeAsync();

        await using var refiner = await cache.LeaseAsync(Refiner, default);

        engine.Loaded.ShouldBe([Refiner]);
    }

    [Fact]
    public async Task A_model_in_use_makes_no_room()
    {
        var engine = new NarrowEngine();
        await using var cache = new ModelCache(engine, Options.Create(new WorkerOptions()), TimeProvider.System);
        await using var actor = await cache.LeaseAsync(Actor, default);

        (await Should.ThrowAsync<ModelRejectedException>(cache.LeaseAsync(Refiner, default))).Code.ShouldBe("too-large");

        engine.Loaded.ShouldBe([Actor]);
    }

    private ModelCache Cache(double idleSeconds) =>
        new(_engine, Options.Create(new WorkerOptions { IdleModelSeconds = idleSeconds }), TimeProvider.System);

    private sealed class NotingEngine : ITextEngine
    {
        public ImmutableList<string> Noted { get; private set; } = [];

        public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
        {
            Noted = Noted.Add($"load {file.Path}");
            return Task.FromResult<ITextModel>(new PlainModel(file, () => Noted = Noted.Add($"unload {file.Path}")));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Never has the actor.</summary>
    private sealed class HungEngine : ITextEngine
    {
        /// <summary>The loads that were given up.</summary>
        public List<ModelFile> Given { get; } = [];

        public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
        {
            if (file == Actor)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Given.Add(file);
                cancellationToken.ThrowIfCancellationRequested();
            }

            return new PlainModel(file, () => { });
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Has memory for one model.</summary>
    private sealed class NarrowEngine : ITextEngine
    {
        public List<ModelFile> Loaded { get; } = [];

        public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
        {
            if (Loaded.Count > 0)
                throw new ModelRejectedException("too-large", $"{file.Name} does not fit.");
            Loaded.Add(file);
            return Task.FromResult<ITextModel>(new PlainModel(file, () => Loaded.Remove(file)));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
