using System.Globalization;
using System.Text;
using System.Text.Json;
using SPaR.Service.Http;

namespace SPaR.Service.Datasets;

/// <summary>The README.md of a dataset on a hub: a header in YAML, what the rows are, how they were made. Pure.</summary>
internal static class DatasetCard
{
    /// <summary>Where the rows are, from the README.md.</summary>
    public const string RowsFile = "train.jsonl";

    private static readonly JsonSerializerOptions Indented = new(ApiJson.Options) { WriteIndented = true };

    public static string Of(Dataset dataset, DatasetStatistics statistics)
    {
        var card = new StringBuilder();
        Header(card, dataset);
        card.Append(CultureInfo.InvariantCulture, $"# {OneLine(dataset.Name)}, version {dataset.Version}\n\n");
        card.Append(dataset.Kind is DatasetKind.Preferences
            ? "Preferences: a prompt with a chosen and a rejected answer.\n"
            : "Conversations to imitate.\n");
        var facts = string.Create(CultureInfo.InvariantCulture, $"""

            | | |
            |---|---|
            | rows | {dataset.Count} |
            | SHA-256 of the rows, in order and independent of the format | `{dataset.Sha256}` |
            | made | {dataset.CreatedAt:yyyy-MM-dd'T'HH:mm:ss'Z'} |
            | id | `{dataset.Id}` |

            """);
        card.Append(facts.ReplaceLineEndings("\n"));
        Statistics(card, statistics);
        if (dataset.Origin is { } origin)
            Origin(card, origin, dataset.Recipes);
        return card.ToString();
    }

    private static void Header(StringBuilder card, Dataset dataset)
    {
        // A JSON text is a YAML text.
        card.Append("---\npretty_name: ").Append(JsonSerializer.Serialize(dataset.Name)).Append('\n');
        card.Append("task_categories:\n- text-generation\ntags:\n");
        card.Append(dataset.Kind is DatasetKind.Preferences ? "- preference\n- dpo\n" : "- sft\n");
        card.Append("- instruction-following\nsize_categories:\n- ").Append(SizeOf(dataset.Count)).Append('\n');
        card.Append("configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: ").Append(RowsFile).Append("\n---\n\n");
    }

    /// <summary>The hub's own names.</summary>
    private static string SizeOf(int rows) => rows switch
    {
        < 1_000 => "n<1K",
        < 10_000 => "1K<n<10K",
        < 100_000 => "10K<n<100K",
        < 1_000_000 => "100K<n<1M",
        < 10_000_000 => "1M<n<10M",
        _ => "10M<n<100M",
    };

    private static void Statistics(StringBuilder card, DatasetStatistics s)
    {
        card.Append("\n## Statistics\n\n| | min | median | mean | 99 % | max |\n|---|---|---|---|---|---|\n");
        Row(card, "prompt, characters", s.PromptCharacters);
        Row(card, s.RejectedCharacters is null ? "answer, characters" : "chosen, characters", s.ChosenCharacters);
        Row(card, "rejected, characters", s.RejectedCharacters);
        Row(card, "similarity of the sides", s.Similarity);
        Row(card, "value of chosen", s.ChosenValue);
        Row(card, "value of rejected", s.RejectedValue);
        card.Append('\n');
        if (s.Verifier is { } v)
            card.Append(CultureInfo.InvariantCulture, $"A program agrees with {v.Agree} pairs, disagrees with {v.Disagree}, ")
                .Append(CultureInfo.InvariantCulture, $"and cannot check {v.Unchecked}.\n");
        if (s.Human is { } h)
            card.Append(CultureInfo.InvariantCulture, $"People accepted {h.Accept} pairs, edited {h.Edit}, rejected {h.Reject}, ")
                .Append(CultureInfo.InvariantCulture, $"and did not judge {h.None}.\n");
        card.Append(CultureInfo.InvariantCulture, $"{s.Duplicates} rows are equal to an earlier one; {s.NearDuplicates.Count} of the ")
            .Append(CultureInfo.InvariantCulture, $"first {s.NearDuplicates.Of} are near-duplicates.\n");
    }

    private static void Row(StringBuilder card, string name, Distribution? d)
    {
        if (d is not null)
            card.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {d.Min:0.###} | {d.Median:0.###} | {d.Mean:0.###} | {d.P99:0.###} | {d.Max:0.###} |\n");
    }

    private static void Origin(StringBuilder card, DatasetOrigin origin, IReadOnlyDictionary<string, JsonElement>? recipes)
    {
        card.Append("\n## How it was made\n\nBy self-play with refinement by tree search (SPaR, arXiv 2412.11605): a model answers, a ")
            .Append("refiner judges the answers and refines the bad ones; the refined answer is chosen, the bad one rejected.\n\n")
            .Append(CultureInfo.InvariantCulture, $"Runs: {string.Join(", ", origin.Runs)}. Rounds: ")
            .Append(origin.Rounds is null ? "all" : string.Join(", ", origin.Rounds))
            .Append(CultureInfo.InvariantCulture, $". Pairs: {origin.Pairs}.\n\n");
        card.Append("| filter | left out |\n|---|---|\n");
        foreach (var (filter, count) in origin.InOrder().LeftOut)
            card.Append(CultureInfo.InvariantCulture, $"| {filter} | {count} |\n");
        card.Append("\n| model | SHA-256 |\n|---|---|\n");
        foreach (var (id, sha256) in origin.Models.OrderBy(m => m.Key, StringComparer.Ordinal))
            card.Append(CultureInfo.InvariantCulture, $"| `{id}` | `{sha256}` |\n");
        foreach (var (run, recipe) in (recipes ?? new Dictionary<string, JsonElement>()).OrderBy(r => r.Key, StringComparer.Ordinal))
            card.Append(CultureInfo.InvariantCulture, $"\nRecipe of {run}:\n\n````json\n")
                .Append(JsonSerializer.Serialize(recipe, Indented).ReplaceLineEndings("\n")).Append("\n````\n");
    }

    private static string OneLine(string name) => string.Join(' ', name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
