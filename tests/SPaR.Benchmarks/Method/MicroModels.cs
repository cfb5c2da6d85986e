using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Inspection;
using SPaR.Llama.Models;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;
using SPaR.Service.Recipes;

namespace SPaR.Benchmarks.Method;

/// <summary>The model of the tiny language in all three roles, with its recipe.</summary>
internal sealed class MicroModels : IAsyncDisposable
{
    private readonly LlamaModel _model;

    private MicroModels(LlamaModel model, Recipe recipe) => (_model, Recipe) = (model, recipe);

    public Recipe Recipe { get; }

    public RunModels Models => new(_model, _model, _model);

    /// <param name="path">Another model of the tiny language; null for the bundled one.</param>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    public static MicroModels Load(string? path, int threads)
    {
        path ??= MicroModel.Path;
        var template = new GgufInspector().Inspect(path, null).Template;
        var recipe = RecipeReader.Read(JsonDocument.Parse(MicroModel.ReadRecipe()).RootElement);
        return new(LlamaModel.Load(new(path, "", template), new() { Threads = threads }, NullLogger.Instance), recipe);
    }

    public ValueTask DisposeAsync() => _model.DisposeAsync();
}
