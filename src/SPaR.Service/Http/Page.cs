using System.Globalization;
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
    /// <exception cref="InvalidInputException">Read it outside of a query expression: EF would wrap the exception.</exception>
    public int AfterOrdinal => After is null ? -1
        : int.TryParse(After, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) ? ordinal
        : throw NotOurs;

    /// <summary>For lists ordered by id: the page starts after this id; null for the first page.</summary>
    /// <exception cref="InvalidInputException">As for <see cref="AfterOrdinal"/>.</exception>
    public string? AfterId => After is null || Ids.IsId(After) ? After : throw NotOurs;

    private InvalidInputException NotOurs => Invalid("after", $"'{After}' is not valid; pass the 'after' of the previous page.");

    /// <param name="rows">At most <see cref="Take"/>.</param>
    public Page<T> Of<T>(IReadOnlyList<T> rows, Func<T, string> cursor)
    {
        var more = rows.Count > Size;
        var data = more ? rows.Take(Size).ToList() : rows;
        return new(data, more, more ? cursor(data[^1]) : null);
    }

    private static InvalidInputException Invalid(string field, string message) => new("invalid-page", [new(field, message)]);
}

internal static class PagedQuery
{
    private const string Id = "Id";

    /// <summary>The rows of a page of a list that is ordered by id, the newest first.</summary>
    public static IQueryable<T> NewestFirst<T>(this IQueryable<T> rows, PageQuery page)
        where T : class
    {
        var following = page.AfterId is { } after ? rows.Where(r => string.Compare(EF.Property<string>(r, Id), after) < 0) : rows;
        return following.OrderByDescending(r => EF.Property<string>(r, Id)).Take(page.Take);
    }
}
