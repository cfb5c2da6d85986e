using FsCheck;
using FsCheck.Fluent;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Judging;

public sealed class VoteTallyTests
{
    [Fact]
    public void The_majority_of_the_readable_votes_is_the_label() =>
        VoteTally.Of([No, Yes, Hm, Yes, Hm]).ShouldBe(new(Label.Good, 2.0 / 3, 1));

    [Fact]
    public void The_critique_is_the_first_vote_that_agrees_with_the_majority() =>
        VoteTally.Of([Hm, Yes, No, No]).ShouldBe(new(Label.Bad, 1.0 / 3, 2));

    [Fact]
    public void As_many_yes_as_no_is_a_tie_without_a_critique() =>
        VoteTally.Of([Yes, No, Hm]).ShouldBe(new(Label.Tie, 0.5, null));

    [Fact]
    public void Unreadable_votes_alone_have_no_value() =>
        VoteTally.Of([Hm, Hm, Hm]).ShouldBe(new(Label.Unreadable, null, null));

    [Fact]
    public void The_label_follows_the_value_and_the_critique_follows_the_label() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<Verdict[]>(votes =>
        {
            var (label, value, critique) = VoteTally.Of(votes);
            label.ShouldBe(value switch { null => Label.Unreadable, > 0.5 => Label.Good, < 0.5 => Label.Bad, _ => Label.Tie });
            (critique is null).ShouldBe(label is Label.Tie or Label.Unreadable);
            if (critique is { } first)
                votes[first].ShouldBe(label == Label.Good ? Yes : No);
        }));

    [Fact]
    public void No_more_votes_are_missing_once_none_could_change_the_majority() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<Verdict[]>(given =>
        {
            for (var all = given.Length; all < given.Length + 6; all++)
            {
                var missing = VoteTally.Missing(given, all);
                var left = all - given.Length;
                VoteTally Ends(Verdict rest, int count) => VoteTally.Of([.. given, .. Enumerable.Repeat(rest, count)]);
                var certain = Ends(Yes, left).Label == Ends(No, left).Label;
                (missing == 0).ShouldBe(certain || left == 0);
                if (missing == 0)
                    continue;
                // This many could decide it, one less could not.
                (VoteTally.Missing([.. given, .. Enumerable.Repeat(Yes, missing)], all) == 0
                    || VoteTally.Missing([.. given, .. Enumerable.Repeat(No, missing)], all) == 0).ShouldBeTrue();
                VoteTally.Missing([.. given, .. Enumerable.Repeat(Yes, missing - 1)], all).ShouldBeGreaterThan(0);
                VoteTally.Missing([.. given, .. Enumerable.Repeat(No, missing - 1)], all).ShouldBeGreaterThan(0);
            }
        }));
}
