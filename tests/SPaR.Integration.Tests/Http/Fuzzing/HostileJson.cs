using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http.Fuzzing;

/// <summary>Changes JSON in ways that users and other programs do, and in ways that nobody should.</summary>
/// <param name="values">JSON texts to put in place of any value.</param>
internal sealed class HostileJson(Random random, IReadOnlyList<string> values)
{
    // JsonNode cannot hold what these stand for.
    private const string Value = "@@value@@", Half = "@@half@@", Null = "@@null@@", Latin1 = "@@latin1@@";

    private static readonly string[] Texts =
    [
        $"b {Half}", $"{Half}", $"a{Null}", Null, $"caf{Latin1}", "", " ", "\n",
        "😀", string.Concat(Enumerable.Repeat("😀", 150)), new('a', 201), new('a', 70_000), "%00",
        "../../etc/passwd", "1", "NaN", "true", "null", "constructor", "\u2028", "a\tb", "<script>",
    ];

    public static IReadOnlyList<string> Values { get; } =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "1.0", "0.5", "2", "1e3", "2147483647", "2147483648", "-2147483649",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e308", "1e999", "-1e999", "1e-400",
        new string('9', 400), $"0.{new string('1', 400)}", "[]", "[null]", "[[]]", "[1,\"a\",{}]", "{}", """{"a":1}""", """{"a":1,"a":2}""",
        """{"":""}""", Nested(40), Nested(63), Nested(200), Nested(20_000),
    ];

    /// <returns>The body after a few changes, as bytes.</returns>
    public byte[] Change(JsonNode? body)
    {
        var root = new JsonObject { [""] = body?.DeepClone() };
        var inserted = new List<string>();
        for (var changes = random.Next(4); changes > 0; changes--)
            ChangeOne(root, inserted);
        var text = root[""]?.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) ?? "null";
        foreach (var json in inserted)
        {
            var at = text.IndexOf($"\"{Value}\"", StringComparison.Ordinal);
            text = at < 0 ? text : $"{text[..at]}{json}{text[(at + Value.Length + 2)..]}";
        }

        var half = random.Next(2) == 0 ? "\\ud83d" : "\\ude00";
        text = text.Replace(Half, half, StringComparison.Ordinal).Replace(Null, "\\u0000", StringComparison.Ordinal);
        return Encode(text);
    }

    private void ChangeOne(JsonObject root, List<string> inserted)
    {
        var places = Places(root).ToList();
        var (parent, name, index) = places[random.Next(places.Count)];
        switch (parent)
        {
            case JsonObject o when parent != root && random.Next(6) == 0:
                o.Remove(name!);
                break;
            case JsonObject o when parent != root && random.Next(4) == 0:
                var value = o[name!]?.DeepClone();
                o.Remove(name!);
                o[random.Next(2) == 0 ? Pick(Texts) : name!.ToUpperInvariant()] = value;
                break;
            case JsonObject o when parent != root && random.Next(4) == 0:
                o[random.Next(2) == 0 ? Pick(Texts) : "another"] = Hostile(inserted);
                break;
            case JsonObject o:
                o[name!] = Hostile(inserted);
                break;
            case JsonArray a when random.Next(4) == 0:
                for (var copies = random.Next(1, 40); copies > 0; copies--)
                    a.Add(a[index]?.DeepClone());
                break;
            case JsonArray a:
                a[index] = Hostile(inserted);
                break;
        }
    }

    private JsonValue Hostile(List<string> inserted)
    {
        if (random.Next(3) == 0)
            return JsonValue.Create(Pick(Texts));
        inserted.Add(Pick(values));
        return JsonValue.Create(Value);
    }

    private byte[] Encode(string text)
    {
        byte[] bytes = text.Contains(Latin1, StringComparison.Ordinal)
            ? Encoding.Latin1.GetBytes(text.Replace(Latin1, "é", StringComparison.Ordinal))
            : Encoding.UTF8.GetBytes(text);
        return random.Next(40) switch
        {
            0 => Encoding.Unicode.GetBytes(text),
            1 => [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(text)],
            2 => [.. Encoding.UTF8.Preamble, .. bytes],
            3 => bytes[..random.Next(bytes.Length + 1)],
            4 => [],
            5 => [.. bytes, .. bytes],
            6 => [.. bytes, 0],
            7 => [0xFF, .. bytes],
            _ => bytes,
        };
    }

    private static IEnumerable<(JsonNode Parent, string? Name, int Index)> Places(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Places(p.Value).Prepend((o, p.Key, 0))),
        JsonArray a => a.Index().SelectMany(e => Places(e.Item).Prepend((a, null, e.Index))),
        _ => [],
    };

    private static string Nested(int depth) => string.Create(
        CultureInfo.InvariantCulture, $"{new string('[', depth)}{new string(']', depth)}");

    private string Pick(IReadOnlyList<string> from) => from[random.Next(from.Count)];
}
