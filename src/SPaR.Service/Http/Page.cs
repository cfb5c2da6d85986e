using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <summary>A page of a list.</summary>
/// <param name="HasMore">Whether there are more pages.</param>
/// <param name="After">Pass it as <c>after</c> to get the next page; null on the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Data, bool HasMore, string? After);

/// <summary>Which page of a list is requested.</summary>
/// <param name="After">The <c>after</c> of the previous page; omit it for the first page.</param>
/// <param name="Limit">Rows per page, 1 to 200; 50 by default.</param>
internal readonly record struct PageQuery(
    [property: FromQuery(Name = "after")] string? After, [property: FromQuery(Name = "limit")] int? Limit)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    public int Size => Limit is null or (>= 1 and <= MaxLimit)
        ? Limit ?? DefaultLimit
        : throw Invalid("limit", $"limit is {Limit}; it must be 1 to {MaxLimit}.");

    /// <summary>One row more than the page holds: it tells whether there are more.</summary>
    public int Take => Size + 1;

    /// <summary>For lists ordered by position: the page starts after this position; −1 for the first page.</summary>
    public int AfterOrdinal => After is null
        ? -1
        : int.TryParse(After, out var ordinal) && ordinal >= 0
            ? ordinal
            : throw Invalid("after", $"'{After}' is not valid; pass the 'after' of the previous page.");

    /// <param name="rows">At most <see cref="Take"/>.</param>
    public Page<T> Of<T>(IReadOnlyList<T> rows, Func<T, string> cursor)
    {
        var more = rows.Count > Size;
        var data = more ? rows.Take(Size).ToList() : rows;
        return new(data, more, more ? cursor(data[^1]) : null);
    }

    private static InvalidInputException Invalid(string field, string message) => new("invalid-page", [new(field, message)]);
}
