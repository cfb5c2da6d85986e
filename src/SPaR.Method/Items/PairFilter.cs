namespace SPaR.Method.Items;

/// <summary>What may leave a pair out of a training, in the order in which the filters are applied.</summary>
public enum PairFilter
{
    MinValue,
    MinSimilarity,
    MaxLengthChange,
    Verifier,
    Contamination,
    Duplicates,

    /// <summary>What people said of it. The last one: when a verdict changes, no other filter has to decide again.</summary>
    Human,
}
