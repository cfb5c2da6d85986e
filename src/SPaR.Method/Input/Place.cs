namespace SPaR.Method.Input;

/// <summary>What the user calls an object of the input: <c>line 3</c>, <c>instructions[2]</c>, <c>recipe</c>; <c>[2]</c> if the list is the
/// whole body.</summary>
/// <param name="Separator">What comes between the name and a field.</param>
public readonly record struct Place(string Name, string Separator)
{
    public static Place Line(long number) => new($"line {number}", ": ");

    public static Place Element(int index, string list = "instructions") => new($"{list}[{index}]", ".");

    public static Place Field(string path) => new(path, ".");

    /// <summary>The path of a field of the object.</summary>
    public string Of(string field) => Name + Separator + field;
}
