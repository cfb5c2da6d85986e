namespace SPaR.IFEval;

/// <summary>IFEval's four accuracies over a set of prompts (arXiv 2311.07911, section 3), each with a standard error, and counts by
/// type and family of constraint.</summary>
public sealed record IfevalScore(
    int Prompts,
    int Instructions,
    Accuracy PromptLevelStrict,
    Accuracy InstructionLevelStrict,
    Accuracy PromptLevelLoose,
    Accuracy InstructionLevelLoose,
    IReadOnlyList<FollowedCount> Types,
    IReadOnlyList<FollowedCount> Families)
{
    /// <param name="answered">The instruction ids and verdicts of each prompt.</param>
    public static IfevalScore Of(IReadOnlyList<(IReadOnlyList<string> Ids, Verdicts Verdicts)> answered)
    {
        var single = answered
            .SelectMany(a => a.Ids.Select((id, i) => (Id: id, Strict: a.Verdicts.Strict[i], Loose: a.Verdicts.Loose[i])))
            .ToList();
        return new(
            answered.Count,
            single.Count,
            Accuracy.OfPrompts([.. answered.Select(a => a.Verdicts.AllStrict)]),
            Accuracy.OfInstructions([.. answered.Select(a => a.Verdicts.Strict)]),
            Accuracy.OfPrompts([.. answered.Select(a => a.Verdicts.AllLoose)]),
            Accuracy.OfInstructions([.. answered.Select(a => a.Verdicts.Loose)]),
            Counts(id => id),
            Counts(id => id.Split(':')[0]));

        IReadOnlyList<FollowedCount> Counts(Func<string, string> name) =>
        [
            .. single.GroupBy(s => name(s.Id), StringComparer.Ordinal)
                .Select(g => new FollowedCount(g.Key, g.Count(), g.Count(s => s.Strict), g.Count(s => s.Loose)))
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
    }
}

/// <param name="Name">A type, such as <c>keywords:existence</c>, or a family, such as <c>keywords</c>.</param>
/// <param name="Total">All instructions of this type or family.</param>
/// <param name="Strict">Those followed strictly.</param>
/// <param name="Loose">Those followed loosely.</param>
public sealed record FollowedCount(string Name, int Total, int Strict, int Loose);

/// <param name="Value">The share that is followed, from 0 to 1; 0 without any.</param>
/// <param name="StandardError">The standard error of that share.</param>
public readonly record struct Accuracy(double Value, double StandardError)
{
    /// <summary>The share p of prompts with every instruction followed. The standard error is s / √n with the sample's standard
    /// deviation s = √(n p (1 − p) / (n − 1)), as lm-evaluation-harness reports it; 0 for fewer than two prompts.</summary>
    internal static Accuracy OfPrompts(IReadOnlyList<bool> followed)
    {
        var n = followed.Count;
        if (n == 0)
            return default;
        var p = (double)followed.Count(f => f) / n;
        return new(p, n < 2 ? 0 : Math.Sqrt(p * (1 - p) / (n - 1)));
    }

    /// <summary>The share p of instructions that are followed. Instructions of one prompt share one response, so they are not
    /// independent: the standard error is clustered by prompt, √(Σ_c (Σ_{i in c} (x_i − p))²) / N, with x_i = 1 for an
    /// instruction that is followed, c over the prompts and N instructions in all (arXiv 2411.00640, section 2.2). With one
    /// instruction a prompt it is √(p (1 − p) / N).</summary>
    internal static Accuracy OfInstructions(IReadOnlyList<IReadOnlyList<bool>> followed)
    {
        var n = followed.Sum(c => c.Count);
        if (n == 0)
            return default;
        var p = (double)followed.Sum(c => c.Count(f => f)) / n;
        var squares = followed.Sum(c => Math.Pow(c.Count(f => f) - (c.Count * p), 2));
        return new(p, Math.Sqrt(squares) / n);
    }
}
