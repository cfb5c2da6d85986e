using System.Collections.Immutable;
using System.Globalization;
using SPaR.Gguf;

namespace SPaR.Llama.Inspection;

/// <summary>The metadata of a model file, as llama.cpp reads it: a key has one type. Where it finds another, llama.cpp refuses the file,
/// aborts, or reads memory that is not its own, depending on the key.</summary>
internal sealed class Metadata(string path, GgufFile file)
{
    private readonly Dictionary<string, GgufValueType> _types = file.Entries.ToDictionary(e => e.Key, e => e.Type, StringComparer.Ordinal);

    public bool Has(string key) => _types.ContainsKey(key);

    public bool HasList(string key) => _types.GetValueOrDefault(key) == GgufValueType.Array;

    public string? Text(string key) => (string?)Value(key, GgufValueType.String);

    public bool? Flag(string key) => (bool?)Value(key, GgufValueType.Bool);

    public long? Count(string key) => (long?)Value(key, GgufValueType.UInt32);

    public double? Number(string key) => (double?)Value(key, GgufValueType.Float32);

    /// <param name="elements">The types that its elements may have.</param>
    public GgufArray? List(string key, params ImmutableArray<GgufValueType> elements) =>
        Value(key, GgufValueType.Array) is not GgufArray list ? null
        : elements.Contains(list.ElementType) ? list
        : throw Refused(key, $"a list of {string.Join(" or ", elements)}");

    public ImmutableArray<long>? Counts(string key) =>
        List(key, GgufValueType.UInt32, GgufValueType.Int32)?.ReadIntegers(path);

    /// <summary>A whole number that llama.cpp takes for all layers or for each: here it must be the same for all.</summary>
    public long? CountOfLayers(string key, long layers)
    {
        if (!HasList(key))
            return Count(key);
        var counts = Counts(key)!.Value;
        if (counts.Length != layers)
            throw Refused(key, $"one number, or one for each of the {layers} layers");
        return counts.All(c => c == counts[0]) ? counts[0] : throw Refused(key, "the same for all layers");
    }

    /// <param name="key">The key at fault.</param>
    /// <param name="rule">What it must be.</param>
    public ModelRejectedException Refused(string key, string rule) =>
        Malformed(path, Has(key) ? $"has {Shown(key)} for '{key}'; it must be {rule}" : $"has no '{key}'; it must be {rule}");

    public static ModelRejectedException Malformed(string path, string what) =>
        new("malformed", $"{path}: {what}. Convert or download the model again.");

    private object? Value(string key, GgufValueType type) =>
        !_types.TryGetValue(key, out var stored) ? null
        : stored == type ? file.Metadata[key]
        : throw Refused(key, $"of the type {type}");

    private string Shown(string key) => file.Metadata[key] switch
    {
        GgufArray list => $"a list of {list.Count} {list.ElementType}",
        string text => $"'{(text.Length <= 100 ? text : text[..100] + "…")}'",
        bool flag => flag ? "true" : "false",
        var value => string.Create(CultureInfo.InvariantCulture, $"the {_types[key]} {value}"),
    };
}
