using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <summary>Part of a list.</summary>
/// <param name="HasMore">Whether the list goes on behind it.</param>
/// <param name="After">What to pass as <c>after</c> for the next page; null at the end.</param>
internal sealed record Page<T>(IReadOnlyList<T> Data, bool HasMore, string? After);

/// <summary>Which part of a list is asked for.</summary>
/// <param name="After">The <c>after</c> of the page before; left out for the first one.</param>
/// <param name="Limit">1 to 200; 50 where left out.</param>
internal readonly record struct PageQuery(
    [property: FromQuery(Name = "after")] string? After, [property: FromQuery(Name = "limit")] int? Limit)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;

    public int Size => Limit is null or (>= 1 and <= MaxLimit)
        ? Limit ?? DefaultLimit
        : throw Wrong("limit", $"limit is {Limit}; it must be 1 to {MaxLimit}.");

    /// <summary>One row more than the page holds, so that it is known whether there are more.</summary>
    public int Take => Size + 1;

    /// <summary>The position after which the page begins, for lists in order of position; −1 for the first page.</summary>
    public int AfterOrdinal => After is null
        ? -1
        : int.TryParse(After, out var ordinal) && ordinal >= 0
            ? ordinal
            : throw Wrong("after", $"'{After}' is not the 'after' of a page of this list.");

    /// <param name="rows">Up to <see cref="Take"/> of them.</param>
    public Page<T> Of<T>(IReadOnlyList<T> rows, Func<T, string> cursor)
    {
        var more = rows.Count > Size;
        var data = more ? rows.Take(Size).ToList() : rows;
        return new(data, more, more ? cursor(data[^1]) : null);
    }

    private static InvalidInputException Wrong(string field, string message) => new("invalid-page", [new(field, message)]);
}
