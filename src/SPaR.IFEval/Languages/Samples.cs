namespace SPaR.IFEval.Languages;

/// <param name="Language">ISO 639-1.</param>
/// <param name="Words">In lower case, with a space before and after each.</param>
internal sealed record Sample(string Language, Script Script, string Words);

/// <summary>Reads <c>samples.txt</c>: a paragraph of each language that shares its script with another.</summary>
internal static class Samples
{
    public static IReadOnlyList<Sample> Read()
    {
        using var stream = typeof(Samples).Assembly.GetManifestResourceStream("samples.txt")!;
        using var reader = new StreamReader(stream);
        var samples = new List<Sample>();
        while (reader.ReadLine() is { } line)
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var (language, text) = (line[..tab], line[(tab + 1)..]);
            var script = Scripts.Count(text).MaxBy(c => c.Value).Key;
            samples.Add(new(language, script, Scripts.Words(text, script, int.MaxValue)));
        }

        return samples;
    }
}
