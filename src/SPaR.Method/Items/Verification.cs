using System.Collections.Immutable;

namespace SPaR.Method.Items;

/// <summary>Which constraints of its instruction an answer follows, as a program checked. Strict takes the answer as it is; loose ignores
/// emphasis, an introduction and a closing remark (arXiv 2311.07911, section 2.2).</summary>
/// <param name="Constraints">In the order of the instruction; at least one.</param>
public sealed record Verification(ImmutableArray<VerifiedConstraint> Constraints)
{
    public bool AllStrict => Constraints.All(c => c.Strict);

    public bool AllLoose => Constraints.All(c => c.Loose);

    /// <summary>Share of the constraints, in [0, 1].</summary>
    public double ShareStrict => (double)Constraints.Count(c => c.Strict) / Constraints.Length;

    /// <inheritdoc cref="ShareStrict"/>
    public double ShareLoose => (double)Constraints.Count(c => c.Loose) / Constraints.Length;
}

/// <param name="Id">Such as <c>punctuation:no_comma</c>.</param>
/// <param name="Loose">True whenever strict is.</param>
public sealed record VerifiedConstraint(string Id, bool Strict, bool Loose);
