using SPaR.Method;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Runs;

public sealed class PreflightTests
{
    [Fact]
    public async Task Up_to_four_instructions_are_answered_once_and_judged()
    {
        var engine = Engine();
        engine.JudgeBy((_, _) => Yes);
        var preflight = await CheckAsync(engine, instructions: 9);
        preflight.ShouldBe(new(4, 20, 20, 1, null));
        engine.Requests.Count(r => r.Purpose == "sample").ShouldBe(4);
    }

    [Fact]
    public async Task A_judge_whose_votes_are_mostly_unreadable_gives_a_warning()
    {
        var engine = Engine();
        engine.JudgeBy((_, seed) => seed % 4 == 0 ? No : Hm);
        var preflight = await CheckAsync(engine, instructions: 4);
        preflight.ReadableRate.ShouldBe(preflight.Readable / 20.0);
        preflight.ReadableRate.ShouldBeLessThan(0.5);
        preflight.Warning.ShouldNotBeNull().ShouldContain($"{preflight.Readable} of 20 votes");
        preflight.Warning.ShouldContain("judge.max_tokens");
    }

    [Fact]
    public async Task Instructions_that_do_not_fit_leave_nothing_to_judge()
    {
        var engine = Engine();
        engine.TooLongWhen(_ => true);
        var preflight = await CheckAsync(engine, instructions: 2);
        (preflight with { Warning = null }).ShouldBe(new(0, 0, 0, 0, null));
        preflight.Warning.ShouldNotBeNull().ShouldContain("sample.max_tokens");
    }

    private static ScriptedEngine Engine()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("answer");
        return engine;
    }

    private static Task<Preflight> CheckAsync(ScriptedEngine engine, int instructions) => SelfPlay.PreflightAsync(
        [.. Enumerable.Range(0, instructions).Select(_ => new[] { new ChatMessage("user", "write") })],
        7,
        Plain,
        new(engine, engine, engine),
        CancellationToken.None);
}
