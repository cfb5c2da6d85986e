using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;

namespace SPaR.Tests.Judging;

public sealed class VerdictReaderTests
{
    private static readonly VerdictFormat Marked = new("Final judgement", "first", ["Yes", "YES"], ["No", "NO"]);
    private static readonly VerdictFormat LastWord = new(null, "last", ["Yes"], ["No"]);

    [Theory]
    [InlineData("All is well.\nFinal judgement: Yes", Verdict.Yes)]
    [InlineData("Final judgement: No", Verdict.No)]
    [InlineData("**Final Judgement:** **Yes**", Verdict.Yes)]
    [InlineData("Final judgement: NO.", Verdict.No)]
    [InlineData("Final judgement: Yes\nFinal judgement: No", Verdict.No)]
    [InlineData("Final judgement: Yes, not No", Verdict.Yes)]
    [InlineData("Final judgement: there is no fault, hence Yes", Verdict.Yes)]
    [InlineData("Final judgement: Nothing is missing", Verdict.Unreadable)]
    [InlineData("Final judgement: Yesterday", Verdict.Unreadable)]
    [InlineData("Final judgement: No-one knows", Verdict.Unreadable)]
    [InlineData("Final judgement: _No_", Verdict.Unreadable)]
    [InlineData("Yes. Final judgement:", Verdict.Unreadable)]
    [InlineData("Yes", Verdict.Unreadable)]
    [InlineData("", Verdict.Unreadable)]
    public void The_first_whole_verdict_word_after_the_last_marker_counts(string vote, Verdict verdict) =>
        new VerdictReader(Marked).Read(vote).ShouldBe(verdict);

    [Theory]
    [InlineData("start slowly ok include mirror ; bad No", Verdict.No)]
    [InlineData("No, at first. Then: Yes.", Verdict.Yes)]
    [InlineData("Yes \n", Verdict.Yes)]
    [InlineData("Yes indeed", Verdict.Unreadable)]
    [InlineData("Nothing", Verdict.Unreadable)]
    [InlineData("", Verdict.Unreadable)]
    public void The_last_word_counts_if_it_is_a_verdict(string vote, Verdict verdict) =>
        new VerdictReader(LastWord).Read(vote).ShouldBe(verdict);

    [Theory]
    [InlineData("Not quite", Verdict.No)]
    [InlineData("Not", Verdict.Yes)]
    public void A_longer_verdict_is_not_taken_for_the_shorter_one_in_it(string vote, Verdict verdict) =>
        new VerdictReader(new(null, "first", ["Not"], ["Not quite"])).Read(vote).ShouldBe(verdict);

    [Fact]
    public void Without_a_marker_the_first_verdict_word_of_the_vote_counts() =>
        new VerdictReader(new(null, "first", ["Yes"], ["No"])).Read("Well: No. Or Yes?").ShouldBe(Verdict.No);

    [Fact]
    public void The_place_of_a_verdict_is_where_its_word_begins()
    {
        new VerdictReader(Marked).Find("No. Final judgement: **Yes**").ShouldBe((Verdict.Yes, 23));
        new VerdictReader(LastWord).Find(" start a ok Yes ok No").ShouldBe((Verdict.No, 19));
        new VerdictReader(LastWord).Find("Yes ok").ShouldBeNull();
    }
}
