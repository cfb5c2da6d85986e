using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SPaR.IFEval;

namespace SPaR.Tests.IFEval;

/// <summary>The checkers, one case per line of <c>cases.jsonl</c>: constraint, response, both verdicts, and what the case shows.</summary>
public sealed class CheckerCaseTests
{
    private static readonly IReadOnlyList<Case> Cases =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "IFEval", "cases.jsonl"))
            .Select(line => JsonSerializer.Deserialize<Case>(line, JsonSerializerOptions.Web)!),
    ];

    public static IEnumerable<TheoryDataRow<int>> Rows => Cases.Index()
        .Select(c => new TheoryDataRow<int>(c.Index) { TestDisplayName = $"{c.Item.Id}: {c.Item.Why} ({c.Index})" });

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_response_is_judged_as_the_case_says(int index)
    {
        var given = Cases[index];

        var verdicts = ConstraintSet.Create([new(given.Id, given.Kwargs)], "prompt").Check(given.Response);

        (verdicts.Strict[0], verdicts.Loose[0]).ShouldBe((given.Strict, given.Loose), given.Why);
    }

    [Fact]
    public void Every_constraint_has_cases_with_either_strict_verdict()
    {
        foreach (var id in ConstraintRegistry.Ids)
            Cases.Where(c => c.Id == id).Select(c => c.Strict).Distinct().Count().ShouldBe(2, id);
    }

    [Fact]
    public void Loose_is_never_stricter_than_strict() => ForAnyResponse((constraints, response) =>
    {
        var verdicts = constraints.Check(response);

        foreach (var (strict, loose) in verdicts.Strict.Zip(verdicts.Loose))
            (loose || !strict).ShouldBeTrue(response);
    });

    [Fact]
    public void The_same_response_is_always_judged_the_same() => ForAnyResponse((constraints, response) =>
        constraints.Check(response).Loose.ShouldBe(constraints.Check(response).Loose));

    [Fact]
    public void A_line_before_and_a_line_after_never_spoil_a_loose_verdict() => ForAnyResponse((constraints, response) =>
    {
        var strict = constraints.Check(response.Trim()).Strict;
        var wrapped = constraints.Check($"Here you are:\n{response.Trim()}\nGood luck!").Loose;

        foreach (var (before, after) in strict.Zip(wrapped))
            (after || !before).ShouldBeTrue(response);
    });

    [Theory]
    [InlineData("")]
    [InlineData(" \n\u001c\u3000")]
    [InlineData("\n\n")]
    public void A_blank_response_follows_nothing(string response)
    {
        var verdicts = All().Check(response);

        verdicts.Strict.ShouldAllBe(v => !v);
        verdicts.Loose.ShouldAllBe(v => !v);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*\n")]
    [InlineData("[")]
    [InlineData("<<")]
    [InlineData("{\"a\":")]
    [InlineData("a@")]
    [InlineData("http://")]
    [InlineData("\n ")]
    [InlineData("SECTION 1")]
    [InlineData("'")]
    public void A_long_row_of_marks_takes_every_checker_linear_time(string mark)
    {
        var response = string.Concat(Enumerable.Repeat(mark, 50_000));

        // A checker that looks back, or backtracks, takes minutes for one of these.
        Should.CompleteIn(() => All().Check(response), TimeSpan.FromSeconds(60));
    }

    /// <summary>Random texts: pieces of the cases' responses, joined with the marks that checkers look for.</summary>
    private static void ForAnyResponse(Action<ConstraintSet, string> holds)
    {
        var constraints = All();
        string[] marks
            = ["\n", "\n\n", "*", "**", "***", "******", "\"", "[", "]", "<<", ">>", "-", ".", "...", "!", "'", ",", " ", "\ud800", "1. "];
        var piece = Gen.OneOf(
            Gen.Elements(marks), Gen.Elements(Cases.Select(c => c.Response).ToArray()), Gen.Elements("Word", "ONE", "the"));
        var text = Gen.ListOf(piece).Select(pieces => string.Concat(pieces));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Arb.From(text), response => holds(constraints, response)));
    }

    private static ConstraintSet All() => ConstraintSet.Create([.. Cases.Select(c => new Constraint(c.Id, c.Kwargs))], "prompt");

    private sealed record Case(string Id, JsonElement Kwargs, string Response, bool Strict, bool Loose, string Why);
}
