using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Cli.Demo;

/// <param name="Source"><c>refined</c> (DPO on refined > bad), <c>independent</c> (DPO on good > bad, both sampled) or <c>sft-only</c>
/// (imitation of the refined answers).</param>
/// <param name="Seed">The seed of instructions, sampling and training.</param>
/// <param name="Pairs">The number of training pairs; the same instructions for every source of a seed.</param>
internal sealed record AblationReport(string Source, long Seed, int Pairs, Interval? ActorAccuracy, Interval? ActorAccuracyGreedy);

/// <summary>Compares the sources of pairs: one training from the starting model per source, on the same number of pairs from the same
/// instructions, for two seeds.</summary>
/// <param name="model">The starting model's id.</param>
internal sealed class DemoAblation(SparClient client, DemoRuns runs, string model, DemoOptions options)
{
    private const int Seeds = 2;

    private static readonly (string Source, string Method)[] Sources = [("refined", "dpo"), ("independent", "dpo"), ("sft-only", "sft")];

    /// <exception cref="CommandException">A run or a training failed, or no instruction gave a pair from both sources.</exception>
    public async Task<IReadOnlyList<AblationReport>> RunAsync(CancellationToken cancellationToken)
    {
        // A run needs an instruction even if only its evaluation is wanted.
        var single = await runs.SubmitAsync(options.Seed, 1, cancellationToken);
        var reports = new List<AblationReport>();
        foreach (var seed in Enumerable.Range(0, Seeds).Select(i => options.Seed + i))
        {
            var (refined, independent) = await PairsAsync(seed, cancellationToken);
            foreach (var (source, method) in Sources)
            {
                var pairs = source == "independent" ? independent : refined;
                var name = $"{source}, seed {seed}";
                var actor = await TrainAsync(name, method, pairs, seed, cancellationToken);
                var measured = RoundReport.Of(await runs.MeasureAsync(
                    new()
                    {
                        InstructionSet = single.Id,
                        Actor = actor,
                        Refiner = model,
                        Seed = options.Seed,
                        Name = $"evaluation of {name}",
                        AdditionalFields = JsonFile.Field("recipe", DemoRecipe.Evaluation(options)),
                    },
                    cancellationToken));
                reports.Add(new(source, seed, pairs.Count, measured.ActorAccuracy, measured.ActorAccuracyGreedy));
            }
        }

        return reports;
    }

    /// <returns>The pairs of the instructions that gave one from both sources.</returns>
    private async Task<(IReadOnlyList<SparRow> Refined, IReadOnlyList<SparRow> Independent)> PairsAsync(
        long seed, CancellationToken cancellationToken)
    {
        var set = await runs.SubmitAsync(seed, options.Instructions, cancellationToken);
        var refined = await PairsAsync("refined", set.Id, seed, cancellationToken);
        var independent = await PairsAsync("independent", set.Id, seed, cancellationToken);
        var both = refined.Select(Prompt).Intersect(independent.Select(Prompt)).ToHashSet();
        return both.Count > 0
            ? (refined.FindAll(pair => both.Contains(Prompt(pair))), independent.FindAll(pair => both.Contains(Prompt(pair))))
            : throw new CommandException(
                $"No instruction of seed {seed} gave a pair from both sources, so nothing can be compared. Raise --instructions.");
    }

    private async Task<List<SparRow>> PairsAsync(string source, string set, long seed, CancellationToken cancellationToken)
    {
        var run = await runs.RunAsync(
            new()
            {
                InstructionSet = set,
                Actor = model,
                Seed = seed,
                Name = $"{source} pairs, seed {seed}",
                AdditionalFields = JsonFile.Field("recipe", DemoRecipe.Pairs(source)),
            },
            cancellationToken);
        var pairs = await client.GetPreferencesAsync(run.Id, cancellationToken: cancellationToken).ToListAsync(cancellationToken);
        // A repeated instruction counts once; otherwise the sources would have different numbers of pairs.
        return [.. pairs.DistinctBy(Prompt)];
    }

    private async Task<string> TrainAsync(
        string name, string method, IReadOnlyList<SparRow> pairs, long seed, CancellationToken cancellationToken)
    {
        using var rows = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(pairs.Select(Row))));
        var dataset = await client.UploadDatasetAsync(rows, "trl", name: name, cancellationToken: cancellationToken);
        return await runs.TrainAsync(
            new()
            {
                Method = method,
                Model = model,
                Dataset = new JsonObject { ["upload"] = dataset.Id },
                Seed = seed,
                Name = name,
                AdditionalFields = JsonFile.Field("options", DemoRecipe.ActorTraining()),
            },
            cancellationToken);
    }

    private static string Prompt(SparRow pair) => pair.Messages[^1].Content;

    private static string Row(SparRow pair) => JsonSerializer.Serialize(
        new
        {
            prompt = pair.Messages,
            chosen = new[] { new ChatMessage { Role = "assistant", Content = pair.Chosen } },
            rejected = new[] { new ChatMessage { Role = "assistant", Content = pair.Rejected } },
        },
        SparJson.Options) + "\n";
}
