using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;

namespace SPaR.Service.OpenAi;

/// <summary>A page of a list, as OpenAI's clients read it: the next one starts after <paramref name="LastId"/>.</summary>
internal sealed record OpenAiList<T>(IReadOnlyList<T> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; } = "list";

    /// <param name="rows">Up to one more than the page has.</param>
    public static OpenAiList<T> Of(IReadOnlyList<T> rows, int size, Func<T, string> idOf)
    {
        var data = rows.Count > size ? [.. rows.Take(size)] : rows;
        return data.Count == 0 ? new(data, null, null, false) : new(data, idOf(data[0]), idOf(data[^1]), rows.Count > size);
    }
}

/// <summary>Which page is requested.</summary>
/// <param name="After">The id of the last object of the previous page.</param>
/// <param name="Limit">At most so many objects, from 1; a page never has more than 1,000.</param>
internal readonly record struct OpenAiPage(
    [property: FromQuery(Name = "after")] string? After, [property: FromQuery(Name = "limit")] int? Limit)
{
    public const int Largest = 1000;

    /// <param name="otherwise">Where the client says nothing: as OpenAI has it, some lists are long and some short.</param>
    /// <exception cref="InvalidInputException">Read it outside of a query expression, as <see cref="AfterId"/>.</exception>
    public int SizeOr(int otherwise) => Limit is null or >= 1
        ? Math.Min(Limit ?? otherwise, Largest)
        : throw Invalid("limit", string.Create(CultureInfo.InvariantCulture, $"limit is {Limit}; it must be at least 1."));

    public string? AfterId => After is null || Ids.IsId(After) ? After : throw NotOurs(After);

    public static InvalidInputException NotOurs(string after) =>
        Invalid("after", $"'{after}' is not valid; pass the id of the last object of the previous page.");

    private static InvalidInputException Invalid(string field, string message) => new("invalid-page", [new(field, message)]);
}
