using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Llama;
using SPaR.Llama.Scheduling;
using SPaR.MicroWorld;
using SPaR.Runs;

namespace SPaR.Benchmarks.Method;

/// <summary>The model of the tiny language in all three roles, with its recipe.</summary>
internal sealed class MicroPlayers : IAsyncDisposable
{
    private readonly LlamaEngine engine;
    private readonly ITextModel model;

    private MicroPlayers(LlamaEngine engine, ITextModel model, Recipe recipe) =>
        (this.engine, this.model, Recipe) = (engine, model, recipe);

    public Recipe Recipe { get; }

    public Players Players => new(model, model, model);

    /// <param name="path">Another model of the tiny language; null for the one that comes with it.</param>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    public static async Task<MicroPlayers> LoadAsync(string? path, int threads)
    {
        path ??= MicroModel.Path;
        var template = new GgufInspector().Inspect(path, null).Template;
        var recipe = RecipeReader.Read(JsonDocument.Parse(MicroModel.ReadRecipe()).RootElement);
        var engine = new LlamaEngine(Options.Create(new LlamaOptions { Threads = threads }), NullLogger<LlamaEngine>.Instance);
        return new(engine, await engine.LoadAsync(new(path, "", template), default), recipe);
    }

    public async ValueTask DisposeAsync()
    {
        await model.DisposeAsync();
        await engine.DisposeAsync();
    }
}
