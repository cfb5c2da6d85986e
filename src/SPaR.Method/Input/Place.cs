namespace SPaR.Method.Input;

/// <summary>Where an object stands in what the user sent: <c>line 3</c>, <c>instructions[2]</c>, or <c>[2]</c> where the list is the whole
/// body.</summary>
public readonly record struct Place(string Name, string Separator)
{
    public static Place Line(long number) => new($"line {number}", ": ");

    public static Place Element(int index, string list = "instructions") => new($"{list}[{index}]", ".");

    public string Of(string field) => Name + Separator + field;
}
