using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>What a constraint asks for, in the order in which an instruction states them.</summary>
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

    /// <summary><c>use N sentences</c>: so many full stops, the last one at the end.</summary>
    Use,
}

/// <summary>One thing that an answer must do, which a program can check.</summary>
/// <param name="Word">The word asked for; for <see cref="ConstraintKind.Use"/> the number as a word.</param>
public sealed record Constraint(ConstraintKind Kind, string Word)
{
    /// <summary>As it stands in an instruction, without the closing semicolon.</summary>
    public string Text => Kind switch
    {
        ConstraintKind.Start => $"start with {Word}",
        ConstraintKind.End => $"end with {Word}",
        ConstraintKind.Include => $"include {Word}",
        ConstraintKind.Avoid => $"avoid {Word}",
        _ => $"use {Word} sentences",
    };

    /// <summary>The words that a constraint of this kind may name. Each kind draws from a class of its own.</summary>
    public static ImmutableArray<string> Words(ConstraintKind kind, string topic) => kind switch
    {
        ConstraintKind.Start => Vocabulary.Adverbs,
        ConstraintKind.End => Vocabulary.Places,
        ConstraintKind.Include => Vocabulary.Objects,
        ConstraintKind.Avoid => Vocabulary.Characters(topic),
        _ => Vocabulary.Numbers,
    };
}
