namespace SPaR.IFEval.Checkers;

/// <summary>A number that a count must reach, or must stay below.</summary>
internal readonly record struct Threshold(int Count, bool AtLeast)
{
    public bool Holds(int actual) => AtLeast ? actual >= Count : actual < Count;
}
