using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Torch.Losses;

namespace SPaR.Tests;

/// <summary>Holds the tables of <c>docs/training.md</c> to the options: every option is there, with its default and its range.</summary>
public sealed class TrainingDocumentTests
{
    [Fact]
    public void The_tables_of_options_say_what_the_options_say()
    {
        var written = Repository.Read("docs/training.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(Options).ToList();

        written.Where(option => !option.Name.StartsWith("lora", StringComparison.Ordinal)).OrderBy(o => o.Name, StringComparer.Ordinal)
            .ShouldBe(Declared(new TrainingOptions(), "").Where(o => o.Name is not ("seed" or "lora"))
                .OrderBy(o => o.Name, StringComparer.Ordinal));
        written.Where(option => option.Name.StartsWith("lora.", StringComparison.Ordinal)).OrderBy(o => o.Name, StringComparer.Ordinal)
            .ShouldBe(Declared(new LoraOptions(), "lora.").OrderBy(o => o.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void The_table_of_losses_has_all_of_them()
    {
        var section = Repository.Read("docs/training.md").Split("\n## ")
            .Single(part => part.StartsWith("Losses", StringComparison.Ordinal));
        var names = section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);

        names.ShouldBe(["loss_type", .. PreferenceLosses.All.Keys]);
    }

    /// <summary>A row may name several options that have a range in common; lists of words are not compared.</summary>
    private static IEnumerable<Option> Options(string row)
    {
        var cells = row.Split('|', StringSplitOptions.TrimEntries)[1..^1];
        if (cells.Length != 4)
            yield break;
        var (names, defaults) = (cells[0].Split(", "), cells[1].Split(", "));
        var range = cells[2].Contains('`', StringComparison.Ordinal) ? "" : cells[2];
        for (var i = 0; i < names.Length; i++)
            yield return new(names[i].Trim('`'), range.Length == 0 ? "" : defaults[i].Trim('`'), range);
    }

    private static IEnumerable<Option> Declared<T>(T defaults, string prefix) =>
        RecipeJson.Options.GetTypeInfo(typeof(T)).Properties.Select(property => new Option(
            prefix + property.Name, Range(property).Length == 0 ? "" : Default(property, defaults!), Range(property)));

    // What the defaults mean that are no values.
    private static string Default(JsonPropertyInfo property, object defaults) => property.Get!(defaults) switch
    {
        null => property.Name switch
        {
            "muon_learning_rate" => "learning_rate",
            "eval_steps" => "each epoch",
            _ => "none",
        },
        double value => value.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Range(JsonPropertyInfo property)
    {
        if (property.AttributeProvider!.GetCustomAttributes(typeof(RangeAttribute), inherit: true).Length == 0)
            return "";
        var range = NumberRange.Of(property.AttributeProvider);
        var (above, below) = (range.AboveLeast ? "above " : "", range.BelowMost ? "below " : "");
        return string.Create(CultureInfo.InvariantCulture, $"{above}{range.Least} to {below}{range.Most}");
    }

    private sealed record Option(string Name, string Default, string Range);
}
