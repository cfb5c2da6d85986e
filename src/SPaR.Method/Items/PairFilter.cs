namespace SPaR.Method.Items;

/// <summary>What may leave a pair out of a training, in the order in which the filters are applied.</summary>
public enum PairFilter
{
    MinSimilarity,
    MaxLengthChange,
    Verifier,
    Contamination,
    Duplicates,
}
