namespace SPaR.Method.Items;

/// <summary>A count for each of the three things that models are asked for.</summary>
public readonly record struct StageCounts(long Sample, long Judge, long Refine)
{
    public long All => Sample + Judge + Refine;

    public static StageCounts operator +(StageCounts a, StageCounts b) => a.Add(b);

    public StageCounts Add(StageCounts other) => new(Sample + other.Sample, Judge + other.Judge, Refine + other.Refine);
}

/// <summary>What it took to produce the rows of one step.</summary>
/// <param name="Generations">Requested answers, votes and refinements, unreadable ones included.</param>
/// <param name="Tokens">Generated for them.</param>
public readonly record struct StepCost(StageCounts Generations, StageCounts Tokens)
{
    public static StepCost operator +(StepCost a, StepCost b) => a.Add(b);

    public StepCost Add(StepCost other) => new(Generations + other.Generations, Tokens + other.Tokens);

    /// <param name="rows">That are stored together; the usage is of the step that made them.</param>
    public static StepCost Of(IReadOnlyList<IItemRow> rows, TokenUsage usage)
    {
        var generations = new StageCounts(
            rows.OfType<Answer>().Count(), rows.OfType<Judgement>().Sum(j => j.Votes.Count(v => !v.ByVerifier)),
            rows.OfType<Node>().Where(IsFresh).Sum(n => n.Attempts));
        var tokens = usage.Generated;
        return new(generations, rows.Any(r => r is Answer) ? new(tokens, 0, 0)
            : rows.Any(r => r is Judgement) ? new(0, tokens, 0)
            : new(0, 0, tokens));
    }

    /// <summary>A node is stored again when it is judged.</summary>
    private static bool IsFresh(Node node) => node.Outcome is NodeOutcome.Refined or NodeOutcome.Unreadable
        || (node.Outcome is NodeOutcome.TooLong && node.Text.Length == 0);
}
