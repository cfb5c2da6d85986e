namespace SPaR.Abstractions;

/// <summary>A world whose instructions a program can verify exactly. Used to measure models; the method never uses it.</summary>
public interface IVerifiableWorld
{
    /// <summary>The name of its benchmark in a recipe, in kebab case.</summary>
    string Name { get; }

    /// <summary>Instructions for evaluation: always the same, and never among those that the world's generator of training instructions
    /// gives.</summary>
    IReadOnlyList<string> HeldOut(int count);

    /// <summary>Drafts of held-out instructions by a writer who makes mistakes: always the same.</summary>
    IReadOnlyList<Probe> Probes(int count);

    /// <summary>Whether the answer does everything that the instruction asks.</summary>
    /// <exception cref="FormatException">The prompt is not an instruction of this world.</exception>
    bool Satisfies(string prompt, string answer);
}

/// <param name="Critique">The critique of a perfect judge, verdict included.</param>
/// <param name="Satisfies">Whether the answer does everything that the prompt asks.</param>
public sealed record Probe(string Prompt, string Answer, string Critique, bool Satisfies);
