using System.Globalization;
using System.Text.Json;
using SPaR.IFEval.Checkers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>Reads the arguments of one constraint. For an invalid one it records the error and returns a placeholder, so that all errors
/// are found at once. <see cref="ThrowIfInvalid"/> then throws, and the checker with placeholders is never used.</summary>
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

    /// <summary>A string that is not blank.</summary>
    public string Text(string name)
    {
        if (Find(name) is not { } value)
            return "";
        if (value.ValueKind != JsonValueKind.String)
            return Invalid(name, $"Must be a string, not {Kind(value)}.", "");
        var text = value.GetString()!;
        return PythonText.Strip(text).Length == 0 ? Invalid(name, "Must not be blank.", "") : text;
    }

    /// <summary>A whole number; 5.0 is one.</summary>
    public int Number(string name, int least, int most = int.MaxValue)
    {
        if (Find(name) is not { } value)
            return least;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || number != Math.Floor(number))
            return Invalid(name, $"Must be a whole number, not {Kind(value)}.", least);
        return number < least || number > most
            ? Invalid(name, string.Create(CultureInfo.InvariantCulture, $"Must be {Range(least, most)}, not {value.GetRawText()}."), least)
            : (int)number;
    }

    /// <summary>One Unicode character.</summary>
    public string Letter(string name)
    {
        var text = Text(name);
        return text.Length == 0 || text.EnumerateRunes().Count() == 1 ? text : Invalid(name, $"Must be one character, not \"{text}\".", "");
    }

    public string OneOf(string name, IReadOnlyCollection<string> options)
    {
        var text = Text(name);
        return text.Length == 0 || options.Contains(text)
            ? text
            : Invalid(name, $"Must be one of {string.Join(", ", options.Select(o => $"\"{o}\""))}, not \"{text}\".", "");
    }

    /// <summary>A relation, "less than" or "at least", and a number.</summary>
    public Threshold Threshold(string relation, string count, int least = 0)
    {
        var option = OneOf(relation, Relations);
        return new(Number(count, least), AtLeast: option == Relations[1]);
    }

    /// <summary>A list of at least one string, none of them blank.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            return Invalid(name, $"Must be a list of strings, not {Kind(value)}.", Array.Empty<string>());
        if (value.GetArrayLength() == 0)
            return Invalid(name, "Must not be empty.", Array.Empty<string>());
        var texts = new List<string>();
        foreach (var (index, item) in value.EnumerateArray().Index())
        {
            if (item.ValueKind != JsonValueKind.String)
                Invalid($"{name}[{index}]", $"Must be a string, not {Kind(item)}.", "");
            else if (PythonText.Strip(item.GetString()!).Length == 0)
                Invalid($"{name}[{index}]", "Must not be blank.", "");
            else
                texts.Add(item.GetString()!);
        }

        return texts;
    }

    /// <summary>A string that is read as a regular expression.</summary>
    public SearchPattern Pattern(string name, Func<string, SearchPattern> compile) => Compiled(name, Text(name), compile);

    public IReadOnlyList<SearchPattern> Patterns(string name, Func<string, SearchPattern> compile) =>
        [.. Texts(name).Index().Select(text => Compiled($"{name}[{text.Index}]", text.Item, compile))];

    /// <summary>Records an error in an argument.</summary>
    /// <returns>The placeholder.</returns>
    public T Invalid<T>(string name, string message, T placeholder)
    {
        _errors.Add(new($"kwargs.{name}", message));
        return placeholder;
    }

    /// <exception cref="ConstraintException">An argument is missing, invalid or unknown.</exception>
    public void ThrowIfInvalid(string id)
    {
        foreach (var name in _given.Keys.Where(name => !_asked.Contains(name)).Order(StringComparer.Ordinal))
            Invalid(
                name, $"Not an argument of \"{id}\", which takes {(_asked.Count == 0 ? "none" : string.Join(", ", _asked))}.", 0);
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
            return Invalid(name, e.Message, SearchPattern.Nothing);
        }
    }

    private JsonElement? Find(string name)
    {
        _asked.Add(name);
        return _given.TryGetValue(name, out var value) ? value : Invalid(name, "Missing; add it.", (JsonElement?)null);
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
        JsonValueKind.String => "a string",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Number => value.GetRawText(),
        _ => "null",
    };
}
