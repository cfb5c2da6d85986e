using SPaR.Method;
using SPaR.Method.Items;
using static SPaR.Tests.Items;

namespace SPaR.Tests;

/// <summary>The method without the service: an instruction and an engine in, a pair out. Uses public types of SPaR.Method and
/// SPaR.Abstractions only, so it also shows what a caller needs.</summary>
public sealed class LibraryTests
{
    [Fact]
    public async Task An_instruction_and_a_model_give_a_pair()
    {
        var model = new ScriptedEngine();
        model.WhenSampling("blue");
        model.WhenRefining("blue").Say("Blue.");
        model.JudgeBy((answer, _) => answer.EndsWith('.') ? Yes : No);

        var journal = new MemoryJournal();
        var item = ItemRun.Alone("Name a colour, with a full stop.", new RunModels(model), journal, Small(new()));
        await SelfPlay.RunAsync(item, CancellationToken.None);

        (journal.Pair!.Chosen, journal.Pair.Rejected).ShouldBe(("Blue.", "blue"));
    }

    [Fact]
    public async Task A_new_journal_on_the_stored_rows_resumes_the_item()
    {
        var model = new ScriptedEngine();
        model.WhenSampling("Red.");
        model.JudgeBy((_, _) => Yes);
        var first = new MemoryJournal();
        await SelfPlay.RunAsync(ItemRun.Alone("Name a colour.", new(model), first, Small(new())), CancellationToken.None);
        var asked = model.Requests.Count;

        var again = new MemoryJournal(first.Stored);
        await SelfPlay.RunAsync(ItemRun.Alone("Name a colour.", new(model), again, Small(new())), CancellationToken.None);

        (again.End!.State, again.Usage).ShouldBe((ItemState.AlreadyGood, default));
        model.Requests.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task A_journal_ends_once()
    {
        var journal = new MemoryJournal();
        await journal.FinishAsync(new(ItemState.AlreadyGood, null, []), CancellationToken.None);

        await Should.ThrowAsync<InvalidOperationException>(
            () => journal.FinishAsync(new(ItemState.AlreadyGood, null, []), CancellationToken.None));
    }
}
