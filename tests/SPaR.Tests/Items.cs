using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Tests;

/// <summary>Shortcuts to set up one item.</summary>
internal static class Items
{
    public const Verdict Yes = Verdict.Yes;
    public const Verdict No = Verdict.No;
    public const Verdict Hm = Verdict.Unreadable;

    /// <summary>The verdict is a vote's last word, the refined answer the whole reply; an empty reply is unreadable.</summary>
    public static PromptSet Prompts { get; } = new()
    {
        Name = "scripted",
        Judge = [new("user", "{prompt}"), new("assistant", "{response}"), new("user", "judge")],
        Refine = "refine",
        Verdict = new(null, "last", ["Yes"], ["No"]),
    };

    public static Recipe Plain { get; } = new() { Prompts = Prompts };

    /// <summary>Three votes, one sampled answer.</summary>
    public static Recipe Small(SearchOptions refine) =>
        Plain with { Sample = new() { N = 1 }, Judge = new() { Votes = 3 }, Refine = refine };

    public static ItemRun Item(ScriptedEngine engine, StoppingJournal journal, Recipe recipe, long seed = 7) =>
        new(new("run_1", 0, "ins_1"), 0, [new("user", "write")], seed, recipe, new(engine), journal);

    /// <summary>Runs one item to its end.</summary>
    public static async Task<StoppingJournal> RunAsync(ScriptedEngine engine, Recipe recipe, long seed = 7)
    {
        var journal = new StoppingJournal();
        await SelfPlay.RunAsync(Item(engine, journal, recipe, seed), CancellationToken.None);
        return journal;
    }
}
