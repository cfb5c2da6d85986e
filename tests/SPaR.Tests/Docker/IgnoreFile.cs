using System.Text.RegularExpressions;

namespace SPaR.Tests.Docker;

/// <summary>What a .dockerignore keeps out of the context. Of its patterns it reads names, <c>**/</c> before them and <c>*</c> in
/// them.</summary>
internal sealed class IgnoreFile(string text)
{
    private readonly Regex[] _patterns =
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Pattern)];

    /// <param name="path">Of a file, relative to the context.</param>
    public bool Leaves(string path) => _patterns.Any(p => p.IsMatch(path));

    private static Regex Pattern(string line)
    {
        if (line[0] is '!' or '#' or '/')
            throw new FormatException($"'{line}' is no pattern that is read here.");
        var (start, rest) = line.StartsWith("**/", StringComparison.Ordinal) ? ("(.*/)?", line[3..]) : ("", line);
        return new Regex($"^{start}{Regex.Escape(rest).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}(/.*)?$");
    }
}
