namespace SPaR.Tests.Evaluation;

/// <summary>Answers that say themselves whether they are right. Probes are named after their place in the judge's confusion table: 60
/// <c>tp</c>, 20 <c>fp</c>, 30 <c>fn</c> and 90 <c>tn</c>, as in "tn 4".</summary>
internal sealed class ScriptedWorld : IVerifiableWorld
{
    private static readonly (string Kind, int Count)[] Table = [("tp", 60), ("fp", 20), ("fn", 30), ("tn", 90)];

    public string Name => "scripted-world";

    public IReadOnlyList<string> HeldOut(int count) => [.. Enumerable.Range(0, count).Select(i => $"instruction {i}")];

    public IReadOnlyList<Probe> Probes(int count)
    {
        count.ShouldBe(Table.Sum(t => t.Count));
        return [.. Table.SelectMany(t => Enumerable.Range(0, t.Count).Select(i =>
            new Probe($"probe {i}", $"{t.Kind} {i}", t.Kind is "tp" or "fn" ? "fine Yes" : "right critique No", t.Kind is "tp" or "fn")))];
    }

    /// <summary>A sampled answer is right for every fourth instruction, a refined one if it says so.</summary>
    public bool Satisfies(string prompt, string answer) => prompt.StartsWith("instruction ", StringComparison.Ordinal)
        ? int.Parse(prompt["instruction ".Length..], System.Globalization.CultureInfo.InvariantCulture) % 4 == 0 && answer == "an answer"
        : answer.StartsWith("good ", StringComparison.Ordinal);

    /// <summary>Judges as in the table, refines every second bad probe, and judges its refinements correctly.</summary>
    public static ScriptedEngine Engine()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("an answer");
        engine.JudgeBy((answer, _) => answer.Split(' ')[0] is "tp" or "fp" or "good" ? Items.Yes : Items.No);
        engine.RefineBy((answer, _) => answer.Split(' ') is [var kind, var i]
            ? $"{(i[^1] % 2 == 0 ? "good" : "still")} {kind} {i}"
            : answer);
        return engine;
    }
}
