namespace SPaR.IFEval.Checkers;

/// <summary>A count that must be below, or not below, a number.</summary>
internal readonly record struct Threshold(int Count, bool AtLeast)
{
    public bool Holds(int actual) => AtLeast ? actual >= Count : actual < Count;
}
