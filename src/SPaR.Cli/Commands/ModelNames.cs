using SPaR.Cli.Client;

namespace SPaR.Cli.Commands;

/// <summary>What a user may call a model: its id, its name, or a file in the service's models folder, which is registered then.</summary>
internal static class ModelNames
{
    public const string Description = "The model: its id, its name, or a GGUF file in the service's models folder.";

    public static async Task<string> IdAsync(SparClient client, string model, string? template, CancellationToken cancellationToken)
    {
        if (model.StartsWith("mdl_", StringComparison.Ordinal))
            return model;
        // Registering a file again finds its model; a file whose content has changed is a new one.
        if (model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return (await client.RegisterModelAsync(model, null, template, cancellationToken)).Id;
        return (await FindAsync(client, model, cancellationToken)).Id;
    }

    /// <exception cref="CommandException">There is none, or more than one.</exception>
    public static async Task<ModelView> FindAsync(SparClient client, string wanted, CancellationToken cancellationToken)
    {
        if (wanted.StartsWith("mdl_", StringComparison.Ordinal))
            return await client.GetModelAsync(wanted, cancellationToken);
        var found = new List<ModelView>();
        await foreach (var model in client.ModelsAsync(cancellationToken))
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
