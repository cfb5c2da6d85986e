using SPaR.Method.Judging;
using SPaR.Method.Sampling;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Judging;

public sealed class StageTests
{
    [Fact]
    public async Task Answers_come_from_one_request_and_are_trimmed()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling(" one\n", "two");
        var journal = new StoppingJournal();
        var answers = await SampleStage.RunAsync(Item(engine, journal, Plain with { Sample = new() { N = 2 } }), CancellationToken.None);
        answers.Select(a => a.Text).ShouldBe(["one", "two"]);
        engine.Requests.Single().Seeds.ShouldBe(answers.Select(a => a.Seed));
    }

    [Fact]
    public async Task Only_missing_answers_are_asked_for_with_the_seeds_they_always_have()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("one", "two");
        var recipe = Plain with { Sample = new() { N = 1 } };
        var journal = new StoppingJournal();
        await SampleStage.RunAsync(Item(engine, journal, recipe), CancellationToken.None);

        var again = Item(engine, journal.Reopen(), recipe with { Sample = new() { N = 3 } });
        var answers = await SampleStage.RunAsync(again, CancellationToken.None);

        answers.Select(a => a.Index).ShouldBe([0, 1, 2]);
        engine.Requests[1].Seeds.ShouldBe([again.Seed("sample", 1), again.Seed("sample", 2)]);
    }

    [Fact]
    public async Task Answers_are_judged_at_the_same_time_and_stored_in_order()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("one", "two", "three");
        engine.JudgeBy((_, _) => Yes);
        var journal = new StoppingJournal();
        var item = Item(engine, journal, Plain with { Sample = new() { N = 3 } });
        var answers = await SampleStage.RunAsync(item, CancellationToken.None);
        // No request is answered before all have arrived; then the last is answered first.
        var all = new TaskCompletionSource();
        var last = new TaskCompletionSource();
        engine.Pace = async request =>
        {
            if (engine.Requests.Count == 4)
                all.SetResult();
            await all.Task;
            if (request.Purpose == "judge a2")
                last.SetResult();
            else
                await last.Task;
        };

        await JudgeStage.RunAsync(item, answers, CancellationToken.None);

        journal.Judgements.Select(j => j.Subject).ShouldBe(["a0", "a1", "a2"]);
        engine.Requests.Skip(1).ShouldAllBe(r => r.Seeds.Length == 5);
    }

    [Fact]
    public async Task When_one_of_several_fails_the_others_have_ended_before_it_throws()
    {
        var ended = 0;
        var failure = InOrder.RunAsync<int, int>(
            [0, 1, 2],
            async (source, stop) =>
            {
                if (source == 1)
                    throw new PromptTooLongException(1, 1, 1);
                try
                {
                    await Task.Delay(source == 0 ? 0 : Timeout.Infinite, stop);
                }
                finally
                {
                    ended++;
                }

                return source;
            },
            (_, _) => Task.CompletedTask,
            CancellationToken.None);
        await Should.ThrowAsync<PromptTooLongException>(failure);
        ended.ShouldBe(2);
    }
}
