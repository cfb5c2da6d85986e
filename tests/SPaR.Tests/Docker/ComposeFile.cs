using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace SPaR.Tests.Docker;

/// <summary>A part of a compose file by name, with merges resolved.</summary>
internal sealed class ComposeFile(object? value)
{
    public static ComposeFile Read(string text) =>
        new(new Deserializer().Deserialize<object>(new MergingParser(new Parser(new StringReader(text)))));

    public bool IsThere => value is not null;

    public IReadOnlyList<string> Texts =>
        [.. (value as List<object> ?? throw new InvalidOperationException("There is no list here.")).Cast<string>()];

    public IReadOnlyList<string> Names => [.. Map.Keys.Cast<string>()];

    public ComposeFile this[string name] => new(value is null ? null : Map.GetValueOrDefault(name));

    private Dictionary<object, object?> Map =>
        value as Dictionary<object, object?> ?? throw new InvalidOperationException("There are no names here.");
}
