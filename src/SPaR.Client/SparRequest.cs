using System.Collections;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace SPaR.Client;

/// <summary>A request to a service.</summary>
/// <param name="Path">Relative to the service's address. What is interpolated is escaped: <c>$"v1/runs/{id}"</c>.</param>
public sealed record SparRequest(HttpMethod Method, FormattableString Path)
{
    /// <summary>A list is sent as one parameter for each element; what is null is not sent.</summary>
    public IReadOnlyList<(string Name, object? Value)> Query { get; init; } = [];

    public IReadOnlyList<(string Name, string? Value)> Headers { get; init; } = [];

    /// <summary>A <see cref="Stream"/> is sent as it is, anything else as JSON.</summary>
    public object? Body { get; init; }

    /// <summary>The parts of a form: a <see cref="FilePart"/>, or a text.</summary>
    public IReadOnlyList<(string Name, object? Value)> Form { get; init; } = [];

    public string? Accept { get; init; }

    /// <summary>The same request with another value of a query parameter.</summary>
    public SparRequest With(string name, object? value) => this with { Query = [.. Query.Where(q => q.Name != name), (name, value)] };

    internal HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Address()) { Content = Content() };
        foreach (var (name, value) in Headers.Where(header => header.Value is not null))
            message.Headers.TryAddWithoutValidation(name, value);
        if (Accept is not null)
            message.Headers.Accept.Add(new(Accept));
        return message;
    }

    internal string Address()
    {
        var path = string.Format(CultureInfo.InvariantCulture, Path.Format, [.. Path.GetArguments().Select(Escape)]);
        var query = Query.SelectMany(q => Values(q.Value), (q, value) => $"{q.Name}={Escape(value)}").ToList();
        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    private static IEnumerable<object> Values(object? value) => value switch
    {
        null => [],
        string => [value],
        IEnumerable list => list.Cast<object>(),
        _ => [value],
    };

    private static string Escape(object? value) => Uri.EscapeDataString(Text(value));

    private static string Text(object? value) =>
        value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private HttpContent? Content()
    {
        if (Form.Count > 0)
        {
            var form = new MultipartFormDataContent();
            foreach (var (name, value) in Form.Where(part => part.Value is not null))
                if (value is FilePart file)
                    form.Add(new StreamContent(file.Content), name, file.Name);
                else
                    form.Add(new StringContent(Text(value)), name);
            return form;
        }

        return Body switch
        {
            null => null,
            // The service recognises a file by its content.
            Stream file => new StreamContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
            _ => JsonContent.Create(Body, Body.GetType(), options: SparJson.Options),
        };
    }
}

/// <summary>A file in a form.</summary>
/// <param name="Name">As the service shows it.</param>
public sealed record FilePart(Stream Content, string Name);
