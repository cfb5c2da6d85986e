using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>What the rows of a file hold: which columns, and how they become a value. Does not know which kind of file they are from.
/// </summary>
internal interface IRowFormat<out T>
    where T : class
{
    /// <summary>In kebab case, as in requests.</summary>
    string Name { get; }

    /// <summary>Every column that it reads.</summary>
    IReadOnlyList<Column> Columns { get; }

    /// <summary>Whether a row is of this format, by its columns and their types.</summary>
    bool Recognises(JsonElement row);

    /// <returns>Null, with at least one more error, if it is invalid.</returns>
    T? Read(UploadedRow row, List<FieldError> errors);
}

/// <summary>A row with the columns that its format has.</summary>
/// <param name="Json">An object.</param>
/// <param name="Kept">The columns that the format does not have; null if there are none, or they are left out.</param>
internal sealed record UploadedRow(JsonElement Json, Place Place, JsonObject? Kept = null, bool DropLastAnswer = false);

/// <summary>A row that was read.</summary>
/// <param name="Bytes">Its length in the file.</param>
/// <param name="Kept">As in <see cref="UploadedRow"/>.</param>
internal sealed record ReadRow<T>(Place Place, int Bytes, T Value, JsonObject? Kept);
