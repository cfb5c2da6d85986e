using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SPaR.Integration.Tests.Http.Fuzzing;

/// <summary>Whatever is sent, the service answers soon, and with a problem that a program can read. <c>FUZZ_SEED</c> and
/// <c>FUZZ_REQUESTS</c> in the environment try others.</summary>
public sealed partial class FuzzTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly int Seed = Setting("FUZZ_SEED", 1), Count = Setting("FUZZ_REQUESTS", 5000);

    [Fact]
    public async Task Every_request_is_answered_and_every_refusal_is_a_problem_with_a_code()
    {
        await using var world = await FilledService.StartAsync(postgres);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // By default it refuses to send others.
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        });
        client.DefaultRequestHeaders.Authorization = new("Bearer", world.Service.Key);
        var faults = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            new RequestFuzzer(world.Document, world.Ids, Seed).Requests().Take(Count), new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (request, _) =>
            {
                if (await FaultAsync(client, request.ToMessage(world.Service.Address)) is { } fault)
                    faults.Enqueue($"{fault}\n  {request.ToCurl(world.Service.Address)}");
            });

        faults.ShouldBeEmpty($"{faults.Count} of {Count} requests, seed {Seed}");
    }

    // The framework's names for types, which mean nothing to a user.
    [GeneratedRegex(@"SPaR\.[A-Z]\w+|System\.[A-Z]|constructor parameter|Nullable|Exception\b")]
    private static partial Regex TypeName();

    private static async Task<string?> FaultAsync(HttpClient client, HttpRequestMessage request)
    {
        using var timeout = new CancellationTokenSource(Longest);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            var status = (int)response.StatusCode;
            if (status < 400)
                return null;
            var text = await response.Content.ReadAsStringAsync(timeout.Token);
            // Nobody works on what is asked for.
            var isUnserved = status == 503 && CodeOf(JsonNode.Parse(text)!) is "no-worker" or "no_worker";
            return status >= 500 && !isUnserved ? $"{status}: {text}"
                : request.Method == HttpMethod.Head ? null
                : !IsForm(request, response.Content.Headers.ContentType?.MediaType, text) ? $"{status} is no problem: {text}"
                : CodeOf(JsonNode.Parse(text)!) is null or "" ? $"{status} has no code: {text}"
                : TypeName().Match(text) is { Success: true } name ? $"{status} names the type {name.Value}: {text}"
                : null;
        }
        catch (OperationCanceledException)
        {
            return $"no answer in {Longest.TotalSeconds} s";
        }
        catch (HttpRequestException error)
        {
            return $"no answer: {error.Message}";
        }
    }

    /// <summary>OpenAI's part of the API has its own form, but for what the server refuses before it knows the address.</summary>
    private static bool IsForm(HttpRequestMessage request, string? mediaType, string text) =>
        request.RequestUri!.OriginalString.Contains("/openai/v1", StringComparison.OrdinalIgnoreCase)
            ? mediaType == "application/json" || text.Contains("\"malformed-request\"", StringComparison.Ordinal)
                || text.Contains("\"address-too-long\"", StringComparison.Ordinal)
            : mediaType == "application/problem+json";

    private static string? CodeOf(JsonNode answer) => (answer["error"] ?? answer)["code"]?.GetValue<string>();

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
