using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace SPaR.MicroWorld;

/// <summary>An instruction of the tiny language: a topic and constraints. Its text can be parsed, so a stored prompt suffices to verify an
/// answer.</summary>
/// <param name="Constraints">Of distinct kinds, in the order of <see cref="ConstraintKind"/>.</param>
public sealed record MicroInstruction(string Topic, ImmutableArray<Constraint> Constraints)
{
    /// <summary>The prompt: <c>write about forest ; start with slowly ; use two sentences ;</c>.</summary>
    public string Text => string.Join(' ', [$"write about {Topic} ;", .. Constraints.Select(c => $"{c.Text} ;")]);

    /// <summary>Reads an instruction from its text.</summary>
    /// <exception cref="FormatException">The text is not an instruction of the tiny language.</exception>
    public static MicroInstruction Parse(string text) => TryParse(text, out var instruction)
        ? instruction
        : throw new FormatException($"'{text}' is not an instruction of the tiny language. "
            + "Write 'write about TOPIC ;', then constraints in the order start, end, include, avoid, use, each closed by ' ;'.");

    /// <summary>Reads an instruction from its text, exactly as <see cref="Text"/> writes it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MicroInstruction? instruction)
    {
        instruction = null;
        if (!text.EndsWith(" ;", StringComparison.Ordinal) || text[..^2].Split(" ; ") is not [var head, .. var rest])
            return false;
        if (Words(head) is not ["write", "about", var topic] || !Vocabulary.Topics.Contains(topic))
            return false;

        var constraints = rest.Select(part => ParseConstraint(part, topic)).OfType<Constraint>().ToImmutableArray();
        var read = new MicroInstruction(topic, constraints);
        if (constraints.Length != rest.Length || !Ascending(constraints) || read.Text != text)
            return false;
        instruction = read;
        return true;
    }

    public bool Equals(MicroInstruction? other) =>
        other is not null && Topic == other.Topic && Constraints.SequenceEqual(other.Constraints);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static Constraint? ParseConstraint(string text, string topic)
    {
        Constraint? read = Words(text) switch
        {
            ["start", "with", var word] => new(ConstraintKind.Start, word),
            ["end", "with", var word] => new(ConstraintKind.End, word),
            ["include", var word] => new(ConstraintKind.Include, word),
            ["avoid", var word] => new(ConstraintKind.Avoid, word),
            ["use", var word, "sentences"] => new(ConstraintKind.Use, word),
            _ => null,
        };
        return read is not null && Constraint.Words(read.Kind, topic).Contains(read.Word) ? read : null;
    }

    private static bool Ascending(ImmutableArray<Constraint> constraints) =>
        constraints.Zip(constraints.Skip(1)).All(pair => pair.First.Kind < pair.Second.Kind);

    private static string[] Words(string text) => text.Split(' ');
}
