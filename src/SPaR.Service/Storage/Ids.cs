using System.Text.RegularExpressions;

namespace SPaR.Service.Storage;

/// <summary>Ids: a prefix for the kind and a UUIDv7, so that ids sort by creation time.</summary>
public static partial class Ids
{
    /// <param name="prefix"><c>run</c>, <c>set</c>, <c>ins</c>, <c>mdl</c>, …</param>
    /// <returns><c>run_</c> and 32 hexadecimal digits.</returns>
    public static string New(string prefix, TimeProvider time) => $"{prefix}_{Guid.CreateVersion7(time.GetUtcNow()):N}";

    /// <summary>Whether the text has the form of an id of any kind.</summary>
    public static bool IsId(string text) => Form().IsMatch(text);

    [GeneratedRegex("^[a-z]{2,4}_[0-9a-f]{32}\\z")]
    private static partial Regex Form();
}
