using System.Globalization;
using System.Text.Json;
using SPaR.IFEval.Checkers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>Reads the arguments of one constraint. A wrong one is remembered and a stand-in returned, so that all errors are found at
/// once; <see cref="ThrowIfWrong"/> then tells them, and the checker made with stand-ins is never used.</summary>
/// <param name="prompt">What was asked.</param>
internal sealed class Kwargs(JsonElement kwargs, string prompt)
{
    private static readonly string[] Relations = ["less than", "at least"];

    private readonly Dictionary<string, JsonElement> _given = Given(kwargs);
    private readonly HashSet<string> _asked = [];
    private readonly List<ConstraintError> _errors = kwargs
        .ValueKind is JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined
        ? []
        : [new("kwargs", $"Must be an object of arguments, not {Kind(kwargs)}.")];

    public string Prompt { get; } = prompt;

    /// <summary>A text that is not blank.</summary>
    public string Text(string name)
    {
        if (Find(name) is not { } value)
            return "";
        if (value.ValueKind != JsonValueKind.String)
            return Wrong(name, $"Must be a text, not {Kind(value)}.", "");
        var text = value.GetString()!;
        return PythonText.Strip(text).Length == 0 ? Wrong(name, "Must not be blank.", "") : text;
    }

    /// <summary>A whole number; 5.0 counts as one.</summary>
    public int Number(string name, int least, int most = int.MaxValue)
    {
        if (Find(name) is not { } value)
            return least;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || number != Math.Floor(number))
            return Wrong(name, $"Must be a whole number, not {Kind(value)}.", least);
        return number < least || number > most
            ? Wrong(name, string.Create(CultureInfo.InvariantCulture, $"Must be {Range(least, most)}, not {value.GetRawText()}."), least)
            : (int)number;
    }

    /// <summary>One character, as a reader counts them in Unicode.</summary>
    public string Letter(string name)
    {
        var text = Text(name);
        return text.Length == 0 || text.EnumerateRunes().Count() == 1 ? text : Wrong(name, $"Must be one character, not \"{text}\".", "");
    }

    public string OneOf(string name, IReadOnlyCollection<string> options)
    {
        var text = Text(name);
        return text.Length == 0 || options.Contains(text)
            ? text
            : Wrong(name, $"Must be one of {string.Join(", ", options.Select(o => $"\"{o}\""))}, not \"{text}\".", "");
    }

    /// <summary>"less than" or "at least" so many.</summary>
    public Threshold Threshold(string relation, string count, int least = 0)
    {
        var option = OneOf(relation, Relations);
        return new(Number(count, least), AtLeast: option == Relations[1]);
    }

    /// <summary>A list of texts, none of them blank, at least one.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            return Wrong(name, $"Must be a list of texts, not {Kind(value)}.", Array.Empty<string>());
        if (value.GetArrayLength() == 0)
            return Wrong(name, "Must not be empty.", Array.Empty<string>());
        var texts = new List<string>();
        foreach (var (index, item) in value.EnumerateArray().Index())
        {
            if (item.ValueKind != JsonValueKind.String)
                Wrong($"{name}[{index}]", $"Must be a text, not {Kind(item)}.", "");
            else if (PythonText.Strip(item.GetString()!).Length == 0)
                Wrong($"{name}[{index}]", "Must not be blank.", "");
            else
                texts.Add(item.GetString()!);
        }

        return texts;
    }

    /// <summary>A text that is read as a regular expression, between others.</summary>
    public SearchPattern Pattern(string name, Func<string, SearchPattern> compile) => Compiled(name, Text(name), compile);

    public IReadOnlyList<SearchPattern> Patterns(string name, Func<string, SearchPattern> compile) =>
        [.. Texts(name).Index().Select(text => Compiled($"{name}[{text.Index}]", text.Item, compile))];

    /// <summary>Remembers an error of an argument.</summary>
    /// <returns>The stand-in.</returns>
    public T Wrong<T>(string name, string message, T standIn)
    {
        _errors.Add(new($"kwargs.{name}", message));
        return standIn;
    }

    /// <exception cref="ConstraintException">An argument is missing or wrong, or nobody asked for it.</exception>
    public void ThrowIfWrong(string id)
    {
        foreach (var name in _given.Keys.Where(name => !_asked.Contains(name)).Order(StringComparer.Ordinal))
            Wrong(
                name,
                $"\"{id}\" has no such argument; {(_asked.Count == 0 ? "it takes none" : $"it takes {string.Join(", ", _asked)}")}.",
                0);
        if (_errors.Count > 0)
            throw new ConstraintException(_errors);
    }

    private SearchPattern Compiled(string name, string text, Func<string, SearchPattern> compile)
    {
        try
        {
            return compile(text);
        }
        catch (PatternException e)
        {
            return Wrong(name, e.Message, SearchPattern.Nothing);
        }
    }

    private JsonElement? Find(string name)
    {
        _asked.Add(name);
        return _given.TryGetValue(name, out var value) ? value : Wrong(name, "Is missing; add it.", (JsonElement?)null);
    }

    private static Dictionary<string, JsonElement> Given(JsonElement kwargs)
    {
        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (kwargs.ValueKind == JsonValueKind.Object)
            foreach (var argument in kwargs.EnumerateObject().Where(a => a.Value.ValueKind != JsonValueKind.Null))
                given[argument.Name] = argument.Value;
        return given;
    }

    private static string Range(int least, int most) =>
        most == int.MaxValue ? $"{least} or above" : string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Number => value.GetRawText(),
        _ => "null",
    };
}
