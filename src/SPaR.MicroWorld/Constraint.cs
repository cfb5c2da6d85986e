using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>What a constraint requires, in the order in which an instruction states them.</summary>
public enum ConstraintKind
{
    /// <summary><c>start with W</c>: the first word is W.</summary>
    Start,

    /// <summary><c>end with W</c>: the last word before the final full stop is W.</summary>
    End,

    /// <summary><c>include W</c>: W occurs.</summary>
    Include,

    /// <summary><c>avoid W</c>: W does not occur.</summary>
    Avoid,

    /// <summary><c>use N sentences</c>: N full stops, the last one at the end.</summary>
    Use,
}

/// <summary>A requirement on an answer that a program can check.</summary>
/// <param name="Word">The word it is about; for <see cref="ConstraintKind.Use"/> the number as a word.</param>
public sealed record Constraint(ConstraintKind Kind, string Word)
{
    /// <summary>As written in an instruction, without the closing semicolon.</summary>
    public string Text => Kind switch
    {
        ConstraintKind.Start => $"start with {Word}",
        ConstraintKind.End => $"end with {Word}",
        ConstraintKind.Include => $"include {Word}",
        ConstraintKind.Avoid => $"avoid {Word}",
        _ => $"use {Word} sentences",
    };

    /// <summary>The words that a constraint of this kind may name. Each kind has its own class of words.</summary>
    public static ImmutableArray<string> Words(ConstraintKind kind, string topic) => kind switch
    {
        ConstraintKind.Start => Vocabulary.Adverbs,
        ConstraintKind.End => Vocabulary.Places,
        ConstraintKind.Include => Vocabulary.Objects,
        ConstraintKind.Avoid => Vocabulary.Characters(topic),
        _ => Vocabulary.Numbers,
    };
}
