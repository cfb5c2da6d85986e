using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SPaR.Integration.Tests.Documents;

/// <summary>A request of a .http file, with its variables still in it.</summary>
/// <param name="Name">Null if no other request uses its answer.</param>
internal sealed record FileRequest(string Title, string? Name, string Method, string Address, IReadOnlyList<string> Headers, string Body);

/// <summary>Reads and sends what stands in a .http file, as Visual Studio and the REST Client of VS Code do: <c>@name = value</c> is a
/// variable, <c>###</c> begins a request, <c># @name</c> names it, and <c>{{name.response.body.$.path}}</c> is a part of its
/// answer.</summary>
internal sealed partial class RequestsFile(HttpClient http, Dictionary<string, string> variables)
{
    private readonly Dictionary<string, JsonNode> _answers = [];

    public static IEnumerable<FileRequest> Read(string text) => text.Split("\n###")[1..].Select(ReadOne);

    /// <summary>Sends a request, and reads its answer to the end.</summary>
    public async Task<HttpResponseMessage> SendAsync(FileRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(new(request.Method), Fill(request.Address));
        var headers = request.Headers.Select(line => line.Split(": ", 2)).ToList();
        if (request.Body.Length > 0)
            message.Content = new StringContent(Fill(request.Body), Encoding.UTF8)
            {
                Headers = { ContentType = MediaTypeHeaderValue.Parse(headers.Single(h => h[0] == "Content-Type")[1]) },
            };
        foreach (var header in headers.Where(h => h[0] != "Content-Type"))
            message.Headers.Add(header[0], Fill(header[1]));
        var response = await http.SendAsync(message, cancellationToken);
        if (request.Name is { } name)
            _answers[name] = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        return response;
    }

    private static FileRequest ReadOne(string block)
    {
        var (head, body) = block.Split("\n\n", 2) is [var first, var rest] ? (first, rest.Trim()) : (block, "");
        var lines = head.Split('\n');
        var name = lines.FirstOrDefault(line => line.StartsWith("# @name ", StringComparison.Ordinal))?["# @name ".Length..];
        var asked = lines[1..].Where(line => line.Length > 0 && line[0] != '#').ToList();
        var (method, address) = asked[0].Split(' ') is [var verb, var target] ? (verb, target) : throw new FormatException(asked[0]);
        return new(lines[0].Trim(), name, method, address, asked[1..], body);
    }

    private string Fill(string text) => Variable().Replace(text, match =>
    {
        if (variables.TryGetValue(match.Groups[1].Value, out var value))
            return value;
        var (name, path) = match.Groups[1].Value.Split(".response.body.$.") is [var first, var second]
            ? (first, second) : throw new FormatException(match.Value);
        return path.Split('.', '[').Aggregate(
            _answers[name], (node, part) => part[^1] == ']' ? node[int.Parse(part[..^1], null)]! : node[part]!).ToString();
    });

    [GeneratedRegex(@"\{\{(.+?)\}\}")]
    private static partial Regex Variable();
}
