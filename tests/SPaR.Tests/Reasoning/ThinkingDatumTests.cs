using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Reasoning;

/// <summary>One instruction through the whole method with a model that thinks before every reply, in words that would mislead a
/// reader of verdicts and answers.</summary>
public sealed class ThinkingDatumTests
{
    private const string Thought = "Is it Yes or is it No";

    private static readonly ReasoningFormat Format = new("<think>", "</think>");

    private static readonly Recipe Thinking =
        Small(new() { Strategy = "bfs", Depth = 1, Branch = 2, Keep = 1 }) with { Reasoning = new() { Thinking = true } };

    public static TheoryData<string> Ways => ["marked", "opened", "configured"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Reasoning_is_kept_beside_what_is_judged_paired_and_learnt(string way)
    {
        var (engine, recipe) = Script(way);

        var journal = await RunAsync(engine, recipe);

        journal.End!.State.ShouldBe(ItemState.Paired);
        journal.Answers.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            a => (a.Text, a.Reasoning).ShouldBe(("a bad tale", Thought)),
            a => engine.Words(a.Tokens).ShouldContain("Yes", customMessage: "tokens are as generated"));
        journal.Judgements.SelectMany(j => j.Votes).ShouldAllBe(v => v.Reasoning == Thought && !v.Text.Contains("Is it"));
        journal.Nodes.Select(n => (n.Path, n.Text, n.Reasoning, n.Value)).OrderBy(n => n.Path).ShouldBe(
        [
            ("r", "a bad tale", Thought, 0.0), ("r.0", "a poor tale", Thought, 0.0), ("r.1", "a fine tale", Thought, 2.0 / 3),
        ]);
        var pair = journal.End.Rows.OfType<Pair>().Single();
        (pair.Chosen, pair.Rejected).ShouldBe(("a fine tale", "a bad tale"));
        pair.Similarity.ShouldBe(2.0 / 3, 1e-12);
        var examples = journal.End.Rows.OfType<RefinerExample>().ToList();
        examples.Select(e => e.Kind).ShouldBe([ExampleKind.Refine, ExampleKind.JudgePositive]);
        examples.SelectMany(e => e.Messages).ShouldAllBe(m => !m.Content.Contains("Is it") && m.Content == m.Content.Trim());
        engine.Requests.ShouldAllBe(r => r.Conversation.Thinks);
    }

    [Fact]
    public async Task The_marks_stay_visible_though_they_may_be_control_tokens()
    {
        var (engine, recipe) = Script("configured");
        await RunAsync(engine, recipe);
        engine.Requests.ShouldAllBe(r => r.VisibleTokens.SequenceEqual(new[] { "[THINK]", "[/THINK]" }));
    }

    [Fact]
    public async Task The_conversation_has_the_critique_without_its_reasoning()
    {
        var (engine, recipe) = Script("marked");
        await RunAsync(engine, recipe);

        var refine = engine.Requests.First(r => r.Purpose.StartsWith("refine", StringComparison.Ordinal)).Conversation;
        refine.Turns[3].ShouldBe(new(Role.Assistant, "a bad tale#0.0 No"));
    }

    [Fact]
    public async Task A_model_that_must_not_think_is_asked_so_and_its_conversations_extend_each_other()
    {
        var (engine, recipe) = Script("silent");
        await RunAsync(engine, recipe with { Reasoning = new() });

        engine.Requests.ShouldAllBe(r => !r.Conversation.Thinks);
        var refine = engine.Requests.First(r => r.Purpose.StartsWith("refine", StringComparison.Ordinal)).Conversation;
        engine.Words(refine.Turns[3].Tokens!.Value).ShouldBe("a bad tale#0.0 No");
    }

    [Fact]
    public async Task Reasoning_that_is_not_removed_is_part_of_every_text()
    {
        var (engine, recipe) = Script("marked");
        engine.Reply = request => request.Purpose.StartsWith("judge", StringComparison.Ordinal)
            ? [.. request.Seeds.Select((_, i) => $"#{i} Yes")]
            : null;

        var journal = await RunAsync(engine, recipe with { Reasoning = new() { Thinking = true, Remove = false } });

        var answer = journal.Answers.Single();
        (answer.Text, answer.Reasoning).ShouldBe(($"<think>\n{Thought}\n</think>\n\na bad tale", null));
        journal.Judgements[0].Votes[0].Text.ShouldBe($"<think>\n{Thought}\n</think>\n\n#0 Yes");
    }

    [Fact]
    public async Task Answers_that_end_within_their_reasoning_are_not_judged()
    {
        var engine = new ScriptedEngine { Reasoning = Format };
        engine.WhenSampling("<think>so far", "<think>done</think>", "<think>x</think>fine");
        engine.WhenJudging("fine").Say(Yes, Yes, No);

        var journal = await RunAsync(engine, Thinking with { Sample = new() { N = 3 } });

        journal.End!.State.ShouldBe(ItemState.AlreadyGood);
        journal.Judgements.ShouldHaveSingleItem().Subject.ShouldBe("a2");
        journal.Answers.Select(a => (a.Text, a.Reasoning)).ShouldBe([("", "so far"), ("", "done"), ("fine", "x")]);
    }

    [Fact]
    public async Task An_item_whose_answers_all_end_within_their_reasoning_is_unreadable_and_says_so()
    {
        var engine = new ScriptedEngine { Reasoning = Format with { IsOpened = true } };
        engine.WhenSampling("so far");

        var journal = await RunAsync(engine, Thinking);

        (journal.End!.State, journal.End.Detail).ShouldBe((ItemState.Unreadable, "no-answer"));
        journal.End.Rows.ShouldBeEmpty();
        engine.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Before_a_run_such_answers_give_a_warning()
    {
        var engine = new ScriptedEngine { Reasoning = Format };
        engine.WhenSampling("<think>so far");
        var preflight = await SelfPlay.PreflightAsync(
            [[new("user", "write")]], 7, Thinking, new(engine), TestContext.Current.CancellationToken);
        (preflight.Votes, preflight.Warning is null).ShouldBe((0, false));
    }

    [Fact]
    public async Task A_verdict_within_unfinished_reasoning_does_not_count_and_an_unfinished_refinement_is_asked_for_again()
    {
        var (engine, recipe) = Script("marked");
        engine.Reply = request => request.Purpose switch
        {
            "judge a0" => ["<think>Yes", "<think>so</think>a No", "<think>it is Yes"],
            "refine r.0,r.1 #0" => ["<think>[[start]]", "<think>x</think>a fine tale"],
            "refine r.0 #1" => ["<think>x</think>a poor tale"],
            _ => null,
        };

        var journal = await RunAsync(engine, recipe);

        journal.Judgements.First(j => j.Subject == "a0").Votes.Select(v => v.Verdict).ShouldBe([Hm, No, Hm]);
        journal.Nodes.Single(n => n.Path == "r.0").Attempts.ShouldBe(2);
        journal.End!.State.ShouldBe(ItemState.Paired);
    }

    [Fact]
    public async Task A_verdict_is_weighed_after_the_reasoning_that_led_to_it()
    {
        var (engine, recipe) = Script("marked");
        engine.ScoreBy(_ => 0.9);

        await RunAsync(engine, recipe with { Judge = new() { Judging = JudgingMode.Logit } });

        engine.Scored[0].Partial.ShouldBe($"<think>\n{Thought}\n</think>\n\na bad tale#0.0 ");
        engine.Scored[0].Conversation.Thinks.ShouldBeTrue();
    }

    [Fact]
    public async Task A_judge_that_thinks_may_judge_models_that_do_not()
    {
        var (judge, recipe) = Script("marked", new("judge.gguf", new('f', 64), "scripted"));
        var (plain, _) = Script("silent");
        var journal = new StoppingJournal();
        var item = Item(plain, journal, recipe) with { Models = new(plain, plain, judge) };

        await SelfPlay.RunAsync(item, CancellationToken.None);

        journal.End!.State.ShouldBe(ItemState.Paired);
        var refine = plain.Requests.First(r => r.Purpose.StartsWith("refine", StringComparison.Ordinal)).Conversation;
        refine.Turns[3].ShouldBe(new(Role.Assistant, "a bad tale#0.0 No"), "another model's tokens mean other words");
    }

    private static (ScriptedEngine Engine, Recipe Recipe) Script(string way, ModelFile? file = null)
    {
        var engine = new ScriptedEngine
        {
            File = file ?? new("scripted.gguf", new('0', 64), "scripted"),
            Reasoning = way switch
            {
                "marked" => Format,
                "opened" => Format with { IsOpened = true },
                _ => null,
            },
            Thought = way switch
            {
                "marked" => $"<think>\n{Thought}\n</think>\n\n",
                "opened" => $"{Thought}\n</think>\n\n",
                "configured" => $"[THINK]{Thought}[/THINK]",
                _ => "",
            },
        };
        engine.WhenSampling("a bad tale");
        engine.WhenJudging("a bad tale").Say(No, No, No);
        engine.WhenRefining("a bad tale").Say("a poor tale", "a fine tale");
        engine.WhenJudging("a poor tale").Say(No, No, No);
        engine.WhenJudging("a fine tale").Say(Yes, No, Yes);
        return (engine, way == "configured"
            ? Thinking with { Reasoning = new() { Thinking = true, Open = "[THINK]", Close = "[/THINK]" } }
            : Thinking);
    }
}
