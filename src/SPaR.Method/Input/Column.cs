namespace SPaR.Method.Input;

/// <summary>A column of an uploaded file, or the top-level field of its JSON rows.</summary>
/// <param name="Type">How a cell of a file without types (CSV) is read.</param>
public sealed record Column(string Name, ColumnType Type = ColumnType.Text);

public enum ColumnType
{
    /// <summary>The cell's text.</summary>
    Text,

    /// <summary>The cell's text as JSON; as text where it is not JSON.</summary>
    Json,

    /// <summary>The cell's text, unless it is a JSON object or a list of them, such as messages.</summary>
    TextOrMessages,
}
