using SPaR.IFEval;

namespace SPaR.Tests.IFEval;

public sealed class IfevalScoreTests
{
    private static readonly IfevalScore Score = IfevalScore.Of(
    [
        (["a:x", "a:y"], new([true, false], [true, true])),
        (["a:x"], new([true], [true])),
        (["b:z", "a:x", "b:z"], new([false, false, false], [false, true, false])),
    ]);

    [Fact]
    public void A_prompt_counts_when_all_its_instructions_are_followed()
    {
        Score.PromptLevelStrict.Value.ShouldBe(1.0 / 3);
        Score.PromptLevelLoose.Value.ShouldBe(2.0 / 3);
        Score.InstructionLevelStrict.Value.ShouldBe(2.0 / 6);
        Score.InstructionLevelLoose.Value.ShouldBe(4.0 / 6);
        (Score.Prompts, Score.Instructions).ShouldBe((3, 6));
    }

    [Fact]
    public void The_standard_error_of_prompts_is_the_samples_deviation_over_the_root_of_their_number()
    {
        double[] values = [0, 1, 0];
        var deviation = Math.Sqrt(values.Sum(v => Math.Pow(v - values.Average(), 2)) / (values.Length - 1));

        Score.PromptLevelStrict.StandardError.ShouldBe(deviation / Math.Sqrt(3), 1e-12);
    }

    [Fact]
    public void The_standard_error_of_instructions_is_clustered_by_prompt()
    {
        // Residuals 1 - 2p, 1 - p and 0 - 3p of the three prompts, p = 1/3.
        var squares = Math.Pow(1.0 / 3, 2) + Math.Pow(2.0 / 3, 2) + Math.Pow(-1, 2);

        Score.InstructionLevelStrict.StandardError.ShouldBe(Math.Sqrt(squares) / 6, 1e-12);
    }

    [Fact]
    public void With_one_instruction_per_prompt_the_clustered_error_is_the_plain_one()
    {
        var score = IfevalScore.Of(
            [.. Enumerable.Range(0, 10).Select(i => ((IReadOnlyList<string>)["a:x"], new Verdicts([i < 3], [i < 3])))]);

        score.InstructionLevelStrict.StandardError.ShouldBe(Math.Sqrt(0.3 * 0.7 / 10), 1e-12);
    }

    [Fact]
    public void Types_and_families_are_counted_strict_and_loose()
    {
        Score.Types.ShouldBe([new("a:x", 3, 2, 3), new("a:y", 1, 0, 1), new("b:z", 2, 0, 0)]);
        Score.Families.ShouldBe([new("a", 4, 2, 4), new("b", 2, 0, 0)]);
    }

    [Fact]
    public void Nothing_scores_nothing_and_one_prompt_has_no_error()
    {
        IfevalScore.Of([]).PromptLevelStrict.ShouldBe(new(0, 0));
        IfevalScore.Of([(["a:x"], new([true], [true]))]).PromptLevelStrict.ShouldBe(new(1, 0));
    }
}
