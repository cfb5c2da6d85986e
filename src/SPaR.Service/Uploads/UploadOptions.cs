using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>How the rows of a file are read.</summary>
/// <param name="Format">Which columns a row has; <see cref="Auto"/> recognises it by the first row.</param>
/// <param name="Map">Our name of a column, and where it is in a row.</param>
internal sealed record UploadOptions(
    string Format, UnknownColumns Unknown, IReadOnlyList<MappedColumn> Map, bool SkipInvalid,
    bool DropLastAnswer = false)
{
    public const string Auto = "auto";

    /// <summary>The most errors that are reported for an upload.</summary>
    public const int MaxErrors = 20;

    public static UploadOptions Default { get; } = new(Auto, UnknownColumns.Refuse, [], SkipInvalid: false);
}

/// <summary>What happens to a column that the format does not have.</summary>
internal enum UnknownColumns
{
    /// <summary>It is an error: it may be a misspelt one.</summary>
    Refuse,

    /// <summary>It is left out.</summary>
    Ignore,

    /// <summary>It becomes a part of the row's metadata.</summary>
    Metadata,
}

/// <param name="Name">As the format calls it.</param>
/// <param name="Path">The properties that lead to it in a row.</param>
internal sealed record MappedColumn(string Name, IReadOnlyList<string> Path)
{
    public string Source => string.Join('.', Path);
}

/// <summary>The query of an upload.</summary>
/// <param name="Format">Which columns a row has; auto, the default, recognises it by the first row.</param>
/// <param name="Unknown">What happens to a column that the format does not have: refuse, ignore or metadata.</param>
/// <param name="Map">A column under another name, as <c>prompt=question</c>; dots lead into objects. May be repeated.</param>
/// <param name="SkipInvalid">Whether valid rows are stored although others are invalid; those are listed with their errors.</param>
/// <param name="Preview">Whether to show only how the file would be understood, and store nothing.</param>
internal readonly record struct UploadQuery(
    [property: FromQuery(Name = "format")] string? Format = null,
    [property: FromQuery(Name = "unknown")] string? Unknown = null,
    [property: FromQuery(Name = "map")] string[]? Map = null,
    [property: FromQuery(Name = "skip_invalid")] bool? SkipInvalid = null,
    [property: FromQuery(Name = "preview")] bool? Preview = null)
{
    /// <param name="formats">The names that <c>format</c> may have, besides auto.</param>
    /// <param name="unknown">The first is the default.</param>
    public UploadOptions Read(
        IReadOnlyList<string> formats, IReadOnlyList<UnknownColumns> unknown, List<FieldError> errors)
    {
        var (format, unknownName) = (Format ?? UploadOptions.Auto, Unknown);
        if (format != UploadOptions.Auto && !formats.Contains(format))
            errors.Add(new("format", $"must be one of {UploadOptions.Auto}, {string.Join(", ", formats)}, not '{format}'."));
        var policy = unknown[0];
        if (unknownName is not null && !(EnumName.TryParse(unknownName, out policy) && unknown.Contains(policy)))
            errors.Add(new("unknown", $"must be one of {string.Join(", ", unknown.Select(EnumName.Of))}, not '{unknownName}'."));
        return new(format, policy, [.. (Map ?? []).SelectMany(given => Read(given, errors))], SkipInvalid ?? false);
    }

    private static IEnumerable<MappedColumn> Read(string given, List<FieldError> errors)
    {
        if (given.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } path] && path.Split('.') is var parts
            && parts.All(part => part.Length > 0))
            return [new(name, parts)];
        errors.Add(new("map", $"must be a column of the format and one of the file, as prompt=question, not '{given}'."));
        return [];
    }
}
