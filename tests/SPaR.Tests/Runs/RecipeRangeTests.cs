using System.Globalization;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Recipes;

namespace SPaR.Tests.Runs;

/// <summary>Every range of a recipe: both ends are accepted, and what is outside is refused.</summary>
public sealed class RecipeRangeTests
{
    private const string Temperature = "a number from 0 to 2";
    private const string Share = "a number from 0 to 1";
    private const string TopP = "a number above 0, at most 1";
    private const string Penalty = "a number above 0, at most 2";
    private const string TopK = "a whole number from 0 to 1000000";
    private const string Tokens = "a whole number from 1 to 131072";
    private const string Few = "a whole number from 1 to 64";
    private const string Examples = "a whole number from 0 to 1000000";

    [Theory]
    [InlineData("sample.n", Few)]
    [InlineData("sample.temperature", Temperature)]
    [InlineData("sample.top_p", TopP)]
    [InlineData("sample.top_k", TopK)]
    [InlineData("sample.min_p", Share)]
    [InlineData("sample.max_tokens", Tokens)]
    [InlineData("judge.votes", Few)]
    [InlineData("judge.attempts", "a whole number from 1 to 10")]
    [InlineData("judge.temperature", Temperature)]
    [InlineData("judge.top_p", TopP)]
    [InlineData("judge.top_k", TopK)]
    [InlineData("judge.min_p", Share)]
    [InlineData("judge.max_tokens", Tokens)]
    [InlineData("refine.depth", "a whole number from 1 to 32")]
    [InlineData("refine.branch", Few)]
    [InlineData("refine.keep", Few)]
    [InlineData("refine.n", "a whole number from 1 to 1000", "best-of-n")]
    [InlineData("refine.stop_above", Share)]
    [InlineData("refine.budget", "a whole number from 1 to 100000")]
    [InlineData("refine.attempts", "a whole number from 1 to 32")]
    [InlineData("refine.temperature", Temperature)]
    [InlineData("refine.top_p", TopP)]
    [InlineData("refine.top_k", TopK)]
    [InlineData("refine.min_p", Share)]
    [InlineData("refine.max_tokens", Tokens)]
    [InlineData("sample.repetition_penalty", Penalty)]
    [InlineData("judge.repetition_penalty", Penalty)]
    [InlineData("refine.repetition_penalty", Penalty)]
    [InlineData("pair.accept", Share)]
    [InlineData("examples.refine", Examples)]
    [InlineData("examples.positive", Examples)]
    [InlineData("examples.negative", Examples)]
    [InlineData("examples.first_bad", Examples)]
    [InlineData("examples.first_good", Examples)]
    public void A_value_outside_its_range_is_refused(string field, string range, string strategy = "bfs")
    {
        var whole = range.StartsWith("a whole", StringComparison.Ordinal);
        var ends = range.Split(' ').Select(word => word.TrimEnd(',')).Where(word => char.IsAsciiDigit(word[0]))
            .Select(number => decimal.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var step = whole ? 1 : 0.001m;
        var exclusive = range.Contains("above", StringComparison.Ordinal);

        Fault(field, exclusive ? ends[0] + step : ends[0], strategy).ShouldBeNull();
        Fault(field, ends[1], strategy).ShouldBeNull();
        foreach (var outside in new[] { exclusive ? ends[0] : ends[0] - step, ends[1] + step })
        {
            Fault(field, outside, strategy).ShouldBe(
                new($"recipe.{field}", string.Create(CultureInfo.InvariantCulture, $"must be {range}, not {outside}.")));
        }
    }

    private static FieldError? Fault(string field, decimal value, string strategy)
    {
        var (section, name) = (field.Split('.')[0], field.Split('.')[1]);
        var number = value.ToString(CultureInfo.InvariantCulture);
        var chosen = section == "refine" ? $"\"strategy\": \"{strategy}\", " : "";
        using var document = JsonDocument.Parse($"{{ \"{section}\": {{ {chosen}\"{name}\": {number} }} }}");
        try
        {
            RecipeReader.Read(document.RootElement);
            return null;
        }
        catch (InvalidInputException refused)
        {
            return refused.Errors.Single();
        }
    }
}
