using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SPaR.Integration.Tests.Http.Fuzzing;

/// <summary>Makes requests from the service's OpenAPI document: every route, every parameter, every property of every body, at and around
/// its limits and beyond. The same seed makes the same requests.</summary>
/// <param name="ids">Ids of things that exist, by the path that lists them: <c>runs</c>, <c>models</c>, …</param>
internal sealed partial class RequestFuzzer(JsonNode document, IReadOnlyDictionary<string, string[]> ids, int seed)
{
    private static readonly string?[] ContentTypes =
    [
        null, "", "application/json; charset=utf-8", "application/json; charset=bogus", "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1", "application/json; charset=\"", "application/json;;=", "text/json", "text/plain",
        "application/x-ndjson", "application/problem+json", "multipart/form-data; boundary=x", "multipart/form-data",
        "application/x-www-form-urlencoded", "application/octet-stream", "*/*", "nonsense",
    ];

    private static readonly string[] Segments =
    [
        "x", "%00", "a%00b", "%FF", "%ED%A0%BD", "%C3%A9", "%2F", "%2e%2e", "..", "%F0%9F%98%80", "%", "%zz", "%2500", "'", "\"", ";",
        "a b%20",
        "run_00000000000000000000000000000000", "mdl_zzzz", "-1", "null", "%0A", new('a', 2000), new('a', 9000),
    ];

    private static readonly string[] Queries =
    [
        "", "0", "1", "-1", "200", "201", "2147483648", "9223372036854775808", "1e3", "1.5", "NaN", "many", "%00", "a%00b", "%FF",
        "%ED%A0%BD",
        "%F0%9F%98%80", "%", "%zz", "null", "true", "%27%3B--", new('a', 201), new('9', 3000), "%20", "%0A", "1&{0}=2",
    ];

    private readonly Random _random = new(seed);
    private readonly List<(string Method, string Path, JsonNode Operation)> _operations =
    [
        .. document["paths"]!.AsObject().SelectMany(
            p => p.Value!.AsObject().Select(o => (o.Key.ToUpperInvariant(), p.Key, o.Value!))),
        // Not in the document.
        ("POST", "/login", new JsonObject()), ("GET", "/login", new JsonObject()), ("GET", "/metrics", new JsonObject()),
        ("GET", "/", new JsonObject()), ("GET", "/nowhere", new JsonObject()), ("GET", "/hangfire", new JsonObject()),
    ];

    public IEnumerable<FuzzRequest> Requests()
    {
        var schema = new FuzzSchema(document, _random);
        var hostile = new HostileJson(
            _random, [.. HostileJson.Values, .. schema.Limits, .. ids.Values.SelectMany(i => i).Select(id => $"\"{id}\"")]);
        for (var i = 0; ; i++)
        {
            // Each operation in turn, so that all get their share; those with bodies more often.
            var (method, path, operation) = _operations[i % _operations.Count];
            if (operation["requestBody"] is null && _random.Next(2) == 0)
                (method, path, operation) = PickOne([.. _operations.Where(o => o.Operation["requestBody"] is not null)]);
            var takesBody = method is not "GET" && (operation["requestBody"] is not null || _random.Next(8) == 0);
            var body = takesBody ? hostile.Change(Body(operation, schema)) : null;
            yield return new(
                _random.Next(100) == 0 ? PickOne(["PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"]) : method,
                $"{Path(method, path)}{Query(operation)}", body is null ? null : ContentType(operation), body, Header(operation));
        }
    }

    [GeneratedRegex("(?<kind>[a-z]{2,4})_[0-9a-f]{32}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\{(?<name>\w+)\}")]
    private static partial Regex Parameter();

    private JsonNode? Body(JsonNode operation, FuzzSchema schema)
    {
        var content = operation["requestBody"]?["content"]?.AsObject().First().Value;
        var example = content?["example"] is { } given
            ? JsonNode.Parse(Id().Replace(given.ToJsonString(), match => ExistingId(match.Groups["kind"].Value)))
            : null;
        if (example is not JsonObject known || schema.Example(content!["schema"]) is not JsonObject made)
            return example ?? schema.Example(content?["schema"]);
        // The example names what exists, so that a request gets beyond that; the rest comes from the schema.
        foreach (var (name, value) in made)
            if (_random.Next(4) == 0 || !known.ContainsKey(name))
                known[name] = value?.DeepClone();
        return known;
    }

    private string ContentType(JsonNode operation) => _random.Next(8) == 0
        ? PickOne(ContentTypes)!
        : operation["requestBody"]?["content"]?.AsObject() is { Count: > 0 } types ? PickOne([.. types.Select(t => t.Key)])
        : "application/json";

    private string Path(string method, string path) => Parameter().Replace(path, parameter =>
    {
        var list = FilledService.ListOf(path);
        var known = parameter.Groups["name"].Value == "instruction" ? ids["instructions"] : ids.GetValueOrDefault(list, []);
        return _random.Next(5) switch
        {
            0 => PickOne(Segments),
            1 => PickOne([.. ids.Values.SelectMany(i => i)]),
            // What is deleted is not there for the rest.
            _ => method is "DELETE" || known.Length == 0 ? PickOne(Segments) : PickOne(known),
        };
    });

    private string Query(JsonNode operation)
    {
        var parts = new List<string>();
        foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
        {
            var name = parameter!["name"]!.GetValue<string>();
            if (parameter["in"]!.GetValue<string>() == "query" && _random.Next(3) == 0)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={Word(name)}"));
        }

        if (_random.Next(30) == 0)
            parts.Add(PickOne(["unknown=1", "%00=1", "=", "&&", "%FF=1", "limit", "after[]=1"]));
        return parts.Count == 0 ? "" : $"?{string.Join('&', parts)}";
    }

    private string Word(string name) => (name, _random.Next(3)) switch
    {
        ("benchmark", 0) => PickOne(["ifeval", "judge-agreement", "exact-match"]),
        ("format", 0) => PickOne(["trl", "openai", "sft", "spar", "csv"]),
        ("state" or "outcome", 0) => PickOne(["pending", "accepted", "win", "tie"]),
        ("after", 0) => PickOne([.. ids.Values.SelectMany(i => i)]),
        _ => PickOne(Queries).Replace("{0}", name, StringComparison.Ordinal),
    };

    private (string, string)? Header(JsonNode operation)
    {
        if (operation["parameters"]?.AsArray().FirstOrDefault(p => p!["in"]!.GetValue<string>() == "header") is { } header
            && _random.Next(2) == 0)
            return (header["name"]!.GetValue<string>(), PickOne(["0", "-1", "99999999999999999999", "a", "é", "😀", "  "]));
        return _random.Next(20) == 0
            ? PickOne<(string, string)>(
                [("Accept", "text/html"), ("Accept", "nonsense"), ("Range", "bytes=5-1"), ("Range", "bytes=-0"), ("If-None-Match", "\""),
                ("Accept-Encoding", "bogus"), ("Origin", "null"), ("Host", "foreign.example"), ("Cookie", "spar-login=x"),
                ("If-Modified-Since", "yesterday"), ("X-Forwarded-For", "é"), ("traceparent", "00-zz"), ("If-Match", "*"),
                ("If-Match", "W/,"), ("Content-Digest", "sha-256=:é:")])
            : null;
    }

    private string ExistingId(string kind) => ids.Values.SelectMany(i => i).Where(id => id.StartsWith($"{kind}_", StringComparison.Ordinal))
        .ToArray() is { Length: > 0 } known ? PickOne(known) : $"{kind}_{new string('0', 32)}";

    private T PickOne<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];
}
