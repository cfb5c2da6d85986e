using SPaR.Method.Items;

namespace SPaR.Service.Items;

/// <summary>Pairs with what people said of them.</summary>
internal static class PairQueries
{
    /// <returns>Every pair, with the verdict of a person if there is one.</returns>
    public static IQueryable<GivenPair> GivenPairs(this SparDb db)
    {
        var verdicts = db.PairVerdicts.AsNoTracking();
        return
            from pair in db.Pairs.AsNoTracking()
            from human in verdicts.Where(
                v => v.RunId == pair.RunId && v.Round == pair.Round && v.InstructionId == pair.InstructionId).DefaultIfEmpty()
            select new GivenPair { Pair = pair, Human = human };
    }
}

/// <summary>A pair and the verdict on it.</summary>
internal sealed class GivenPair
{
    public required Pair Pair { get; init; }

    public PairVerdict? Human { get; init; }
}
