using FsCheck;
using FsCheck.Fluent;
using SPaR.Method;
using SPaR.Method.Examples;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Trainings;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Training;

public sealed class RefinerExampleTests
{
    [Fact]
    public async Task The_accepted_node_gives_the_conversation_that_made_it()
    {
        var examples = await ExamplesAsync();
        var refine = examples.Single(e => e.Kind == ExampleKind.Refine);
        refine.Source.ShouldBe("r.0.0");
        refine.Messages.Select(m => m.Content).ShouldBe(["write", "half", "judge", "half#0.0 No", "refine", "good"]);
        refine.Messages.Select(m => m.Role).ShouldBe(["user", "assistant", "user", "assistant", "user", "assistant"]);
    }

    [Fact]
    public async Task Only_the_refiners_own_turns_are_learnt_and_never_the_answer_under_judgement()
    {
        var examples = await ExamplesAsync();

        // It counted as one of the refiner's own turns where the prompt set has it as the assistant's.
        Learnt(examples.Single(e => e.Kind == ExampleKind.JudgeNegative)).ShouldBe("half#0.0 No <end>");
        Learnt(examples.Single(e => e.Kind == ExampleKind.Refine)).ShouldBe("half#0.0 No <end> good <end>");
    }

    [Fact]
    public async Task The_critique_of_another_judge_is_not_learnt_with_the_mending()
    {
        var judge = new ScriptedEngine { File = new("judge.gguf", new('f', 64), "scripted") };
        var (journal, engine) = (new StoppingJournal(), Script(new()));
        Script(judge);
        var item = Item(engine, journal, Small(new() { Strategy = "iterative" })) with { Models = new(engine, engine, judge) };

        await SelfPlay.RunAsync(item, CancellationToken.None);

        Learnt(journal.End!.Rows.OfType<RefinerExample>().Single(e => e.Kind == ExampleKind.Refine)).ShouldBe("good <end>");
    }

    [Fact]
    public async Task Nodes_with_split_votes_give_a_positive_and_a_negative_critique()
    {
        var examples = await ExamplesAsync();
        examples.Where(e => e.Kind is ExampleKind.JudgePositive or ExampleKind.JudgeNegative)
            .Select(e => (e.Kind, e.Source, e.Messages[^1].Content)).ShouldBe(
            [
                (ExampleKind.JudgePositive, "r.0.0", "good#0.1 Yes"),
                (ExampleKind.JudgeNegative, "r.0", "half#0.0 No"),
            ]);
    }

    [Fact]
    public async Task Unanimous_judgements_and_ties_teach_nothing()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("all", "none", "torn");
        engine.WhenJudging("all").Say(Yes, Yes, Yes);
        engine.WhenJudging("none").Say(No, No, Hm);
        engine.WhenJudging("torn").Say(Yes, No, Hm);
        engine.WhenRefining("none").Say("better");
        engine.WhenJudging("better").Say(Yes, Yes, Yes);
        var journal = await RunAsync(engine, Small(new() { Strategy = "greedy" }) with { Sample = new() { N = 3 } });
        journal.End!.Rows.OfType<RefinerExample>().Select(e => e.Kind).ShouldBe([ExampleKind.Refine]);
    }

    [Fact]
    public async Task Split_votes_of_the_first_judging_teach_even_when_nothing_is_mended()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("good");
        engine.WhenJudging("good").Say(No, Yes, Yes);
        var journal = await RunAsync(engine, Small(new()));
        journal.End!.State.ShouldBe(ItemState.AlreadyGood);
        journal.End.Rows.OfType<RefinerExample>().Select(e => (e.Kind, e.Source, e.Messages[^1].Content))
            .ShouldBe([(ExampleKind.FirstGood, "a0", "good#0.1 Yes")]);
    }

    [Fact]
    public async Task A_failed_search_gives_critiques_but_no_mending()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say(No, No, No);
        engine.WhenRefining("bad").Say("half");
        engine.WhenJudging("half").Say(No, Yes, No);
        var journal = await RunAsync(engine, Small(new() { Strategy = "greedy" }));
        journal.End!.Rows.OfType<RefinerExample>().Select(e => e.Kind).ShouldBe([ExampleKind.JudgeNegative]);
    }

    [Fact]
    public void Caps_hold_for_each_kind()
    {
        var candidates = Enumerable.Range(0, 50).Select(i => Candidate((ExampleKind)(i % 5), $"p{i}", (ulong)i)).ToList();
        var caps = new RefinerExampleOptions { Refine = 1, Positive = 2, Negative = 3, FirstBad = 4, FirstGood = 0 };
        RefinerExampleSelection.Choose(candidates, caps).CountBy(c => c.Kind).OrderBy(c => c.Key).ShouldBe(
        [
            new(ExampleKind.Refine, 1), new(ExampleKind.JudgePositive, 2), new(ExampleKind.JudgeNegative, 3), new(ExampleKind.FirstBad, 4),
        ]);
    }

    [Fact]
    public void Of_several_with_the_same_prompt_one_is_used()
    {
        RefinerExample[] candidates =
        [
            Candidate(ExampleKind.FirstBad, "same", 1),
            Candidate(ExampleKind.JudgeNegative, "same", 9),
            Candidate(ExampleKind.JudgeNegative, "same", 8),
        ];
        RefinerExampleSelection.Choose(candidates, new()).Single().Draw.ShouldBe(8UL, "the tree's comes first, then the lower draw");
    }

    [Fact]
    public void The_choice_does_not_depend_on_the_order_of_the_candidates() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[]>(draws =>
        {
            var candidates = draws.Select((d, i) => Candidate((ExampleKind)(d % 5), $"p{d % 7}", d, $"a{i}")).ToList();
            var caps = new RefinerExampleOptions { Refine = 2, Positive = 1, Negative = 1, FirstBad = 3, FirstGood = 3 };
            var chosen = RefinerExampleSelection.Choose(candidates, caps);
            candidates.Reverse();
            RefinerExampleSelection.Choose(candidates, caps).ShouldBe(chosen);
            chosen.Select(c => c.Draw).ShouldBeInOrder();
            chosen.Select(c => c.PromptHash).ShouldBeUnique();
        }));

    private static RefinerExample Candidate(ExampleKind kind, string prompt, ulong draw, string source = "a0") => new()
    {
        RunId = "run_1",
        Round = 0,
        InstructionId = "ins_1",
        Kind = kind,
        Source = source,
        Messages = [],
        PromptHash = prompt,
        ModelHash = "",
        Draw = draw,
    };

    /// <summary>The tokens that count in the loss, as words.</summary>
    private static string Learnt(RefinerExample example)
    {
        var words = new ScriptedEngine();
        var (row, _) = TrainingTokens.Of(words, TrainingMethod.Sft, new("x", example.Messages, null, null), 1000);
        return words.Words(row!.Tokens!.Value.Zip(row.Targets!.Value).Where(t => t.Second).Select(t => t.First));
    }

    private static async Task<List<RefinerExample>> ExamplesAsync()
    {
        var journal = await RunAsync(Script(new()), Small(new() { Strategy = "iterative" }));
        return [.. journal.End!.Rows.OfType<RefinerExample>()];
    }

    private static ScriptedEngine Script(ScriptedEngine engine)
    {
        engine.WhenSampling("bad");
        engine.WhenJudging("bad").Say(No, No, No);
        engine.WhenRefining("bad").Say("half");
        engine.WhenJudging("half").Say(No, Yes, No);
        engine.WhenRefining("half").Say("good");
        engine.WhenJudging("good").Say(No, Yes, Yes);
        return engine;
    }
}
