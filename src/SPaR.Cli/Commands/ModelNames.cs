using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>What a user may call a model: its id, its name, or a file in the service's models folder, which is registered then.</summary>
internal static class ModelNames
{
    public const string Description = "The model: its id, its name, or a GGUF file in the service's models folder.";

    /// <param name="template">A chat template's name, for a file whose own is not recognised.</param>
    public static async Task<string> IdAsync(
        SparClient client, string model, CancellationToken cancellationToken, string? template = null)
    {
        if (model.StartsWith("mdl_", StringComparison.Ordinal))
            return model;
        // Registering a file again finds its model; a file whose content has changed is a new one.
        if (model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return (await client.RegisterModelAsync(new() { Path = model, Template = template }, cancellationToken: cancellationToken)).Id;
        return (await FindAsync(client, model, cancellationToken)).Id;
    }

    /// <returns>Null if no model is named.</returns>
    public static async Task<string?> IdOrNullAsync(
        SparClient client, string? model, CancellationToken cancellationToken, string? template = null) =>
        model is null ? null : await IdAsync(client, model, cancellationToken, template);

    /// <exception cref="CommandException">There is none, or more than one.</exception>
    public static async Task<Model> FindAsync(SparClient client, string wanted, CancellationToken cancellationToken)
    {
        if (wanted.StartsWith("mdl_", StringComparison.Ordinal))
            return await client.GetModelAsync(wanted, cancellationToken);
        var found = new List<Model>();
        await foreach (var model in client.EnumerateModelsAsync(limit: 200, cancellationToken: cancellationToken))
            if (model.Name == wanted || model.Path == wanted)
                found.Add(model);
        return found.DistinctBy(m => (m.Path, m.Sha256)).ToList() switch
        {
            [var one] => one,
            [] => throw new CommandException($"The service has no model '{wanted}'; ./spar models list shows those it has."),
            _ => throw new CommandException(
                $"Several models are called '{wanted}'; use an id: {string.Join(", ", found.Select(m => $"{m.Id} ({m.Path})"))}."),
        };
    }
}
