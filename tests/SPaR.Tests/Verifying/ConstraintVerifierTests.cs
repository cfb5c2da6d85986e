using System.Text.Json.Nodes;
using SPaR.Method.Verifying;

namespace SPaR.Tests.Verifying;

public sealed class ConstraintVerifierTests
{
    private const string Listed = """
        [{ "id": "punctuation:no_comma" },
         { "id": "length_constraints:number_words", "kwargs": { "relation": "at least", "num_words": 3 } }]
        """;

    private const string AsInIfeval = """
        { "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
          "kwargs": [{}, { "num_words": 3, "relation": "at least", "keywords": null }] }
        """;

    [Theory]
    [InlineData(Listed)]
    [InlineData(AsInIfeval)]
    public void Both_forms_of_constraints_are_the_same(string constraints)
    {
        var verification = Of(constraints)!.Check("well, no");

        verification.Constraints.ShouldBe(
            [new("punctuation:no_comma", false, false), new("length_constraints:number_words", false, false)]);
        (verification.AllStrict, verification.ShareStrict).ShouldBe((false, 0));
        (Of(constraints)!.Check("one two three").AllStrict, Of(constraints)!.Check("one two").ShareStrict).ShouldBe((true, 0.5));
    }

    [Fact]
    public void Loose_ignores_an_introduction_and_strict_does_not()
    {
        var verification = Of(Listed)!.Check("Sure, gladly:\none two three");

        (verification.AllStrict, verification.AllLoose, verification.ShareStrict, verification.ShareLoose).ShouldBe((false, true, 0.5, 1));
    }

    [Fact]
    public void A_critique_names_what_is_missed_with_its_arguments_and_nothing_else()
    {
        Of(AsInIfeval)!.Critique("one two").ShouldBe(
            "A program has checked the response. It does not follow length constraints: number words (num words: 3, "
            + "relation: \"at least\").");
        Of(Listed)!.Critique("a, b, c").ShouldBe("A program has checked the response. It does not follow punctuation: no comma.");
    }

    // Rows from before constraints were validated at upload may hold anything.
    [Theory]
    [InlineData("null")]
    [InlineData("""[{ "id": "x", "n": 2 }]""")]
    [InlineData("""{ "instruction_id_list": ["no"], "kwargs": [{}] }""")]
    [InlineData("\"short\"")]
    public void What_cannot_be_checked_gives_no_verifier(string constraints) => Of(constraints).ShouldBeNull();

    private static ConstraintVerifier? Of(string constraints) => ConstraintVerifier.Of(JsonNode.Parse(constraints), [new("user", "write")]);
}
