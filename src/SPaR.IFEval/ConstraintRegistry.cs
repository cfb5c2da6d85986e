using System.Text.Json;
using SPaR.IFEval.Checkers;

namespace SPaR.IFEval;

/// <summary>Every constraint that can be checked, by id.</summary>
public static class ConstraintRegistry
{
    private static readonly Dictionary<string, Func<Kwargs, IConstraintChecker>> Known = new(IfevalConstraints.All, StringComparer.Ordinal);

    /// <summary>All ids, sorted.</summary>
    public static IReadOnlyList<string> Ids { get; } = [.. Known.Keys.Order(StringComparer.Ordinal)];

    /// <param name="kwargs">A JSON object; undefined or null for no arguments. Null arguments count as not given.</param>
    /// <param name="prompt">For checkers that read it.</param>
    /// <exception cref="ConstraintException">With every error: the id is unknown, or arguments are missing, unknown, of the wrong type or
    /// out of range.</exception>
    public static IConstraintChecker Create(string id, JsonElement kwargs, string prompt)
    {
        if (!Known.TryGetValue(id, out var make))
            throw new ConstraintException([new("id", $"Unknown constraint \"{id}\"; did you mean \"{Nearest(id)}\"?")]);
        var arguments = new Kwargs(kwargs, prompt);
        var checker = make(arguments);
        arguments.ThrowIfInvalid(id);
        return checker;
    }

    /// <summary>The known id with the smallest edit distance.</summary>
    private static string Nearest(string id) => Ids.MinBy(known => Distance(id, known))!;

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
