using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Runs;

namespace SPaR.Tests.Runs;

public sealed class ModelCacheRoomTests
{
    private static readonly ModelFile First = new("first.gguf", "1", "t"), Second = new("second.gguf", "2", "t");

    // It was refused for sixty seconds more, until the idle model's time was over.
    [Fact]
    public async Task A_model_that_nobody_uses_makes_room_for_another()
    {
        var engine = new NarrowEngine();
        await using var cache = new ModelCache(engine, Options.Create(new WorkerOptions()), TimeProvider.System);
        await (await cache.BorrowAsync(First, default)).DisposeAsync();

        await using var second = await cache.BorrowAsync(Second, default);

        engine.Loaded.ShouldBe([Second]);
    }

    [Fact]
    public async Task A_model_in_use_makes_no_room()
    {
        var engine = new NarrowEngine();
        await using var cache = new ModelCache(engine, Options.Create(new WorkerOptions()), TimeProvider.System);
        await using var first = await cache.BorrowAsync(First, default);

        (await Should.ThrowAsync<ModelRejectedException>(cache.BorrowAsync(Second, default))).Code.ShouldBe("too-large");

        engine.Loaded.ShouldBe([First]);
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
