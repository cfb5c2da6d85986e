namespace SPaR.Llama.Templates;

/// <summary>A chat template: how it is recognised in a file, and what it writes that llama.cpp does not.</summary>
/// <param name="Has">What a file's template must contain.</param>
/// <param name="HasNot">What it must not contain.</param>
internal sealed record TemplateFormat(string Name, string[] Has, string[] HasNot)
{
    /// <summary>The name under which llama.cpp renders it.</summary>
    public string RenderedAs { get; init; } = Name;

    /// <summary>Whether the model can think.</summary>
    public bool Reasons { get; init; }

    /// <summary>Whether the prompt opens the reasoning, if the model may think.</summary>
    public bool Opens { get; init; }

    /// <summary>The text of the system turn of a conversation that starts without one; null if there is then no system turn.</summary>
    public string? DefaultSystem { get; init; }

    /// <summary>Written before the text of the system turn that starts a conversation.</summary>
    public string Preamble { get; init; } = "";

    /// <summary>Whether the system turn keeps the white space around it, which llama.cpp trims.</summary>
    public bool KeepsSystem { get; init; }
}
