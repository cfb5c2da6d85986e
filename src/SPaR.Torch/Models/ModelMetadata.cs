using System.Globalization;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>Typed and range-checked access to the metadata of one architecture, by keys without its prefix. A value of the wrong type is
/// refused; the default applies only where the key is missing.</summary>
internal sealed class ModelMetadata(string path, GgufFile file, string architecture)
{
    public bool Has(string key) => file.Metadata.ContainsKey(Full(key));

    /// <summary>A whole number from 1.</summary>
    public int Count(string key, int? fallback = null) => Value(key) switch
    {
        null => fallback ?? throw Missing(key),
        { } value => AsCount(key, value),
    };

    /// <summary>A whole number from 1. The file may list it for each layer, if it is the same in all of them.</summary>
    public int CountOfEveryLayer(string key, int layers, int? fallback = null)
    {
        if (Value(key) is not GgufArray array)
            return Count(key, fallback);
        if (array.Count != layers)
            throw Refused(key, $"{array.Count} numbers", $"it must be one number, or one for each of the {layers} of block_count");
        var counts = array.ReadIntegers(path);
        if (counts.FirstOrDefault(c => c != counts[0], counts[0]) is var other && other != counts[0])
            throw Refused(key, string.Join(", ", counts), "all layers must have the same value", "unsupported-shape",
                "Use a model whose layers are alike.");
        return AsCount(key, counts[0]);
    }

    /// <summary>A finite number.</summary>
    /// <param name="least">The smallest allowed value.</param>
    public double Real(string key, double least, double? fallback = null)
    {
        var number = Value(key) switch
        {
            null => fallback ?? throw Missing(key),
            double real => real,
            long whole => whole,
            ulong whole => whole,
            var other => throw Refused(key, Shown(other), "it must be a number"),
        };
        return double.IsFinite(number) && number >= least
            ? number
            : throw Refused(key, number, $"it must be a finite number {(least > 0 ? "above 0" : $"from {Shown(least)}")}");
    }

    public string Text(string key, string fallback) => Value(key) switch
    {
        null => fallback,
        string text => text,
        var other => throw Refused(key, Shown(other), "it must be a string"),
    };

    public bool Boolean(string key) => Value(key) is bool value ? value : throw Refused(key, Shown(Value(key)), "it must be a boolean");

    /// <param name="rule">What the value must be.</param>
    public ModelRejectedException Refused(
        string key, object value, string rule, string code = "malformed", string action = "Convert the model again.") =>
        new(code, $"{path}: has {Shown(value)} for '{Full(key)}'; {rule}. {action}");

    private int AsCount(string key, object value) => value switch
    {
        long and > 0 and <= int.MaxValue and var whole => (int)whole,
        ulong and > 0 and <= int.MaxValue and var whole => (int)whole,
        _ => throw Refused(key, Shown(value), "it must be a whole number from 1"),
    };

    private object? Value(string key) => file.Metadata.GetValueOrDefault(Full(key));

    private string Full(string key) => $"{architecture}.{key}";

    private static string Shown(object? value) => value switch
    {
        GgufArray array => $"a list of {array.Count}",
        bool flag => flag ? "true" : "false",
        string text => text.Length <= 100 ? text : text[..100] + "…",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private ModelRejectedException Missing(string key) =>
        new("malformed", $"{path}: has no number '{Full(key)}' in its metadata. Convert the model again.");
}
