using SPaR.Method.Items;
using SPaR.Method.Pairs;
using SPaR.Method.Recipes;

namespace SPaR.Tests.Pairs;

public sealed class PairFilterTests
{
    private const string Long =
        "Write a short story about a lighthouse keeper who finds a message in a bottle and answers it without using any comma at all.";

    [Fact]
    public void By_default_every_pair_passes()
    {
        PairFilters.Active(new()).ShouldBeEmpty();
        var filters = new PairFilters(new(), [Long]);

        filters.Of(Pair(), Long).ShouldBeNull();
        filters.Of(Pair(), Long).ShouldBeNull();
    }

    [Theory]
    [InlineData(0.8, null)]
    [InlineData(0.79, PairFilter.MinSimilarity)]
    public void Sides_have_to_be_as_similar_as_asked(double similarity, PairFilter? filter) =>
        Of(new() { MinSimilarity = 0.8 }, Pair() with { Similarity = similarity }).ShouldBe(filter);

    [Theory]
    [InlineData("123456", null)]
    [InlineData("12", null)]
    [InlineData("1234567", PairFilter.MaxLengthChange)]
    [InlineData("1", PairFilter.MaxLengthChange)]
    public void The_chosen_side_may_change_the_length_only_so_much(string chosen, PairFilter? filter) =>
        Of(new() { MaxLengthChange = 0.5 }, Pair() with { Chosen = chosen, Rejected = "1234" }).ShouldBe(filter);

    [Theory]
    [InlineData(true, false, null)]
    [InlineData(true, true, PairFilter.Verifier)]
    [InlineData(false, false, PairFilter.Verifier)]
    [InlineData(null, null, null)]
    public void The_verifier_must_not_contradict_the_pair(bool? chosen, bool? rejected, PairFilter? filter) =>
        Of(
            new() { Verifier = VerifierFilter.Agree },
            Pair() with { ChosenVerifier = Verified(chosen), RejectedVerifier = Verified(rejected) }).ShouldBe(filter);

    [Theory]
    [InlineData(0.8, null)]
    [InlineData(0.81, PairFilter.MinValue)]
    public void The_chosen_answer_has_to_be_worth_as_much_as_asked(double least, PairFilter? filter) =>
        Of(new() { MinValue = least }, Pair() with { ChosenValue = 0.8 }).ShouldBe(filter);

    [Theory]
    [InlineData(HumanFilter.Any, null, null)]
    [InlineData(HumanFilter.Any, HumanVerdict.Reject, null)]
    [InlineData(HumanFilter.NotRejected, null, null)]
    [InlineData(HumanFilter.NotRejected, HumanVerdict.Edit, null)]
    [InlineData(HumanFilter.NotRejected, HumanVerdict.Reject, PairFilter.Human)]
    [InlineData(HumanFilter.Accepted, null, PairFilter.Human)]
    [InlineData(HumanFilter.Accepted, HumanVerdict.Reject, PairFilter.Human)]
    [InlineData(HumanFilter.Accepted, HumanVerdict.Accept, null)]
    [InlineData(HumanFilter.Accepted, HumanVerdict.Edit, null)]
    public void People_leave_pairs_out(HumanFilter human, HumanVerdict? verdict, PairFilter? filter) =>
        new PairFilters(new() { Human = human }, []).Of(Pair(), "Say hi.", verdict).ShouldBe(filter);

    [Fact]
    public void The_human_filter_is_the_last()
    {
        PairFilters.Active(new() { Human = HumanFilter.Accepted, Duplicates = DuplicateFilter.Exact, MinValue = 0.1 })
            .ShouldBe([PairFilter.MinValue, PairFilter.Duplicates, PairFilter.Human]);
        var filters = new PairFilters(new() { Human = HumanFilter.Accepted, MinSimilarity = 0.8 }, []);

        filters.Of(Pair() with { Similarity = 0.1 }, Long).ShouldBe(PairFilter.MinSimilarity);
    }

    [Fact]
    public void Only_words_make_a_duplicate_and_the_first_pair_stays()
    {
        var filters = new PairFilters(new() { Duplicates = DuplicateFilter.Exact }, []);

        filters.Of(Pair("one two", "three"), "Ask me").ShouldBeNull();
        filters.Of(Pair("One,  TWO!", "three."), "ask me:").ShouldBe(PairFilter.Duplicates);
        filters.Of(Pair("one two", "four"), "Ask me").ShouldBeNull();
        filters.Of(Pair("", ""), "").ShouldBeNull();
        filters.Of(Pair("?", ""), "!").ShouldBe(PairFilter.Duplicates);
    }

    [Theory]
    [InlineData(DuplicateFilter.Near, PairFilter.Duplicates)]
    [InlineData(DuplicateFilter.Exact, null)]
    public void A_text_with_most_runs_of_words_in_common_is_a_near_duplicate(DuplicateFilter duplicates, PairFilter? filter)
    {
        var filters = new PairFilters(new() { Duplicates = duplicates, DuplicateSimilarity = 0.7 }, []);
        var story = string.Join(' ', Enumerable.Range(0, 200).Select(i => $"word{i}"));

        filters.Of(Pair(story, "short"), Long).ShouldBeNull();
        filters.Of(Pair(story.Replace("word100", "changed", StringComparison.Ordinal), "short"), Long).ShouldBe(filter);
        filters.Of(Pair(string.Join(' ', story.Split(' ').Reverse()), "short"), Long).ShouldBeNull("other runs of the same words");
    }

    [Fact]
    public void A_pair_that_another_filter_leaves_out_makes_no_duplicate()
    {
        var filters = new PairFilters(new() { MinSimilarity = 0.8, Duplicates = DuplicateFilter.Exact }, []);

        filters.Of(Pair() with { Similarity = 0.1 }, Long).ShouldBe(PairFilter.MinSimilarity);
        filters.Of(Pair(), Long).ShouldBeNull();
    }

    [Theory]
    [InlineData("Please WRITE a short story about a lighthouse keeper who finds a message in a puddle.", PairFilter.Contamination)]
    [InlineData("Write a short story about a lighthouse keeper who finds a message.", null)]
    [InlineData("Name a colour.", PairFilter.Contamination)]
    [InlineData("Name a colour, please.", null)]
    public void An_instruction_with_thirteen_words_in_a_row_of_a_benchmark_is_contaminated(string prompt, PairFilter? filter) =>
        new PairFilters(new() { Contamination = "bmk_1" }, [Long, "name a colour"]).Of(Pair(), prompt).ShouldBe(filter);

    [Fact]
    public void Text_without_spaces_has_words_too()
    {
        WordGrams.Of("写一个故事。不要逗号", 3).Count.ShouldBe(7);
        WordGrams.Of("STRASSE 2", 1).ShouldBe(WordGrams.Of("2, Strasse", 1), ignoreOrder: true);
        WordGrams.Of("…!", 3).ShouldBeEmpty();
    }

    private static PairFilter? Of(PairFilterOptions options, Pair pair) => new PairFilters(options, []).Of(pair, "Say hi.");

    private static Verification? Verified(bool? followed) =>
        followed is { } all ? new([new("punctuation:no_comma", true, true), new("keywords:existence", all, all)]) : null;

    private static Pair Pair(string chosen = "better", string rejected = "worse") => new()
    {
        Id = "pair_1",
        RunId = "run_1",
        Round = 1,
        InstructionId = "ins_1",
        Chosen = chosen,
        ChosenFrom = "r.0",
        ChosenValue = 1,
        Rejected = rejected,
        RejectedFrom = "a0",
        RejectedValue = 0,
        Similarity = 0.9,
    };
}
