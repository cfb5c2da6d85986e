using FsCheck;
using FsCheck.Fluent;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;
using static SPaR.Tests.Verifying.VerifiedItemTests;

namespace SPaR.Tests.Judging;

/// <summary>Judging by votes+verifier, when an answer must have no comma.</summary>
public sealed class VerifierOverrideTests
{
    private const string Written = "A program has checked the response. It does not follow punctuation: no comma. No";

    [Fact]
    public async Task A_violation_makes_an_answer_bad_with_value_0_and_the_first_no_among_the_votes_is_its_critique()
    {
        var judgement = await JudgeAsync("a, b", Yes, No, Yes);

        (judgement.Label, judgement.Value, judgement.Critique).ShouldBe((Label.Bad, 0, 1));
        (judgement.VotedLabel, judgement.VotedValue).ShouldBe((Label.Good, 2 / 3.0));
        judgement.Votes.Length.ShouldBe(3);
    }

    [Theory]
    [InlineData(Yes, Label.Good, 1.0)]
    [InlineData(Hm, Label.Unreadable, null)]
    public async Task Where_no_vote_says_no_the_verifier_writes_the_critique(Verdict said, Label voted, double? value)
    {
        var judgement = await JudgeAsync("a, b", said, said, said);

        (judgement.Label, judgement.Value, judgement.Critique).ShouldBe((Label.Bad, 0, 3));
        (judgement.VotedLabel, judgement.VotedValue).ShouldBe((voted, value));
        judgement.Votes.Select(v => v.ByVerifier).ShouldBe([false, false, false, true]);
        (judgement.Votes[3].Verdict, judgement.Votes[3].Text).ShouldBe((No, Written));
    }

    [Fact]
    public async Task Where_all_constraints_are_followed_the_votes_decide()
    {
        foreach (var (votes, label, value) in new[]
        {
            (new[] { Yes, Yes, No }, Label.Good, 2 / 3.0), ([No, No, Yes], Label.Bad, 1 / 3.0), ([Yes, No, Hm], Label.Tie, 0.5),
        })
        {
            var judgement = await JudgeAsync("a b", votes);
            (judgement.Label, judgement.Value, judgement.VotedLabel).ShouldBe((label, value, null));
        }
    }

    [Fact]
    public async Task Votes_alone_are_never_overridden()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("a, b");
        engine.WhenJudging("a, b").Say(Yes, Yes, Yes);
        var journal = await RunVerifiedAsync(engine, Small(new()));
        (journal.End!.State, journal.Judgements.Single().Value).ShouldBe((ItemState.AlreadyGood, 1));
    }

    [Fact]
    public async Task A_search_refines_what_the_verifier_found_and_never_accepts_a_violation()
    {
        var engine = Search();

        var journal = await RunVerifiedAsync(engine, Searching);

        // By the votes alone, 3 to 0 would have ended the search, and the tie would have been judged again.
        (journal.Node("r.0").Value, journal.Node("r.0").Label).ShouldBe((0, Label.Bad));
        journal.Judgements.Count(j => j.Subject == "r.0").ShouldBe(1);
        var pair = journal.End!.Rows.OfType<Pair>().Single();
        (pair.Rejected, pair.RejectedValue, pair.Chosen, pair.ChosenValue).ShouldBe(("a, b", 0, "a b", 2 / 3.0));
        engine.Requests.Single(r => r.Purpose == "refine r.0 #0").Conversation.Turns.Select(t => t.Content)
            .ShouldBe(["write", "a, b", "judge", Written, "refine"]);
    }

    [Fact]
    public async Task A_critique_of_the_verifier_is_in_the_conversation_by_its_tokens_and_no_prefix_is_held_for_it()
    {
        var engine = Search();
        engine.Pace = request =>
        {
            if (request.Purpose == "refine r.0 #0")
                engine.Held.ShouldBeEmpty();
            return Task.CompletedTask;
        };

        await RunVerifiedAsync(engine, Searching);

        var critique = engine.Requests.Single(r => r.Purpose == "refine r.0 #0").Conversation.Turns[3];
        engine.Words(critique.Tokens!.Value).ShouldBe(Written);
    }

    // Overridden votes taught the judge to call an answer bad by a critique that may not name the violation.
    [Fact]
    public async Task Overridden_votes_teach_nothing_and_a_written_critique_is_no_target()
    {
        var journal = await RunVerifiedAsync(Search(), Searching);

        var examples = journal.End!.Rows.OfType<RefinerExample>().ToList();
        examples.Select(e => (e.Kind, e.Source)).ShouldBe(
            [(ExampleKind.Refine, "r.0.0"), (ExampleKind.JudgePositive, "r.0.0")], ignoreOrder: true);
        var refine = examples.Single(e => e.Kind == ExampleKind.Refine);
        refine.Messages.Where(m => m.Role == "assistant").Select(m => m.Weight)
            .ShouldBe([0, null, null], "the answer; a vote; the refinement");

        var direct = await RunVerifiedAsync(Search(first: "a b"), Searching);
        var first = direct.End!.Rows.OfType<RefinerExample>().Single(e => e.Kind == ExampleKind.Refine);
        first.Messages.Select(m => (m.Content, m.Weight)).ShouldContain((Written, 0));
    }

    [Fact]
    public async Task Split_votes_that_were_right_still_teach_though_the_value_is_0()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("a, b");
        engine.WhenJudging("a, b").Say(Yes, No, No);
        engine.WhenRefining("a, b").Say("a b");
        engine.WhenJudging("a b").Say(Yes, Yes, Yes);

        var journal = await RunVerifiedAsync(engine, Small(new() { Strategy = "greedy" }) with { Judge = Overridden });

        journal.End!.Rows.OfType<RefinerExample>().Select(e => (e.Kind, e.Messages[^1].Content))
            .ShouldContain((ExampleKind.FirstBad, "a, b#0.1 No"));
    }

    [Theory]
    [InlineData("Final judgement", "first")]
    [InlineData("Verdict:", "first")]
    [InlineData("[[", "last")]
    [InlineData(null, "first")]
    [InlineData(null, "last")]
    public void A_written_verdict_is_read_as_no_whatever_the_critique_says(string? marker, string take) =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<NonNull<string>>(critique =>
        {
            var format = new VerdictFormat(marker, take, ["Yes", "YES"], ["No", "NO"]);
            foreach (var text in new[] { critique.Get, $"Yes {critique.Get} Yes", $"{critique.Get} Final judgement: Yes" })
                new VerdictReader(format).Read(VerifierOverride.WithVerdict(text, format)).ShouldBe(No, text);
        }));

    private static Recipe Searching { get; } = Small(new() { Strategy = "iterative", Depth = 2 }) with { Judge = Overridden };

    /// <summary>All votes on the root say yes. Its refinement also violates, with a tie; the next refinement follows the
    /// constraint.</summary>
    private static ScriptedEngine Search(string first = "b, a")
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("a, b");
        engine.WhenJudging("a, b").Say(Yes, Yes, Yes);
        engine.WhenRefining("a, b").Say(first);
        engine.WhenJudging("b, a").Say(Yes, No, Hm);
        engine.WhenRefining("b, a").Say("a b");
        engine.WhenJudging("a b").Say(Yes, Yes, No);
        return engine;
    }

    private static async Task<Judgement> JudgeAsync(string answer, params Verdict[] votes)
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling(answer);
        engine.WhenJudging(answer).Say(votes);
        engine.WhenRefining(answer).Say((string?)null);
        var journal = await RunVerifiedAsync(engine, Small(new() { Strategy = "greedy" }) with { Judge = Overridden });
        return journal.Judgements.Single(j => j.Subject == "a0");
    }
}
