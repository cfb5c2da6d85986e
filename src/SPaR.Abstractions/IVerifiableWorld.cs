namespace SPaR.Abstractions;

/// <summary>A world whose instructions a program can verify exactly. It measures players; nothing of the method ever asks it.</summary>
public interface IVerifiableWorld
{
    /// <summary>As a recipe names the benchmark on it, in kebab case.</summary>
    string Name { get; }

    /// <summary>Instructions to measure by: the same every time, and none that the world's generator of training instructions can
    /// give.</summary>
    IReadOnlyList<string> HeldOut(int count);

    /// <summary>Drafts of a writer who makes mistakes, on held-out instructions: the same every time.</summary>
    IReadOnlyList<Probe> Probes(int count);

    /// <summary>Whether the answer truly does all that the instruction asks.</summary>
    /// <exception cref="FormatException">The prompt is not an instruction of this world.</exception>
    bool Satisfies(string prompt, string answer);
}

/// <param name="Critique">What a perfect judge would write about the answer, verdict included.</param>
/// <param name="Satisfies">Whether the answer truly does all that the prompt asks.</param>
public sealed record Probe(string Prompt, string Answer, string Critique, bool Satisfies);
