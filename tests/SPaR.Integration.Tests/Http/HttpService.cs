using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Evaluation.Benchmarks;

namespace SPaR.Integration.Tests.Http;

/// <summary>The whole service on a free port with its own database, used over HTTP.</summary>
public sealed class HttpService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpService(WebApplication app, string models, string key)
    {
        _app = app;
        Models = models;
        Key = key;
        Client = ClientWith(key);
    }

    /// <summary>The service's own key, with the scope admin.</summary>
    public string Key { get; }

    /// <summary>Sends <see cref="Key"/>.</summary>
    public HttpClient Client { get; }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>The models folder.</summary>
    public string Models { get; }

    public IServiceProvider Parts => _app.Services;

    /// <param name="engine">What generates; with one, the service works on runs too.</param>
    /// <param name="settings">Command line arguments.</param>
    internal static Task<HttpService> StartAsync(string database, ITextEngine? engine = null, params string[] settings) =>
        StartAsync(database, engine, [], settings);

    /// <param name="benchmarks">Replace the service's own.</param>
    /// <param name="replace">Replaces or adds other services.</param>
    internal static async Task<HttpService> StartAsync(
        string database, ITextEngine? engine, IReadOnlyList<IBenchmark> benchmarks, string[] settings,
        Action<IServiceCollection>? replace = null)
    {
        var models = Directory.CreateTempSubdirectory("spar-models-").FullName;
        var key = Path.Combine(models, "key");
        var app = ServiceHost.Build(
            [
                "--urls=http://127.0.0.1:0", $"--role={(engine is null ? "api" : "all")}", $"--ConnectionStrings:Spar={database}",
                $"--Models:Folder={models}", "--Logging:LogLevel:Default=Warning", $"--Keys:File={key}", "--Keys:RequestsPerMinute=1000000",
                "--Keys:UnknownPerMinute=1000000",
                .. settings,
            ],
            services =>
            {
                if (engine is not null)
                    services.Replace(ServiceDescriptor.Singleton(engine));
                if (benchmarks.Count > 0)
                    services.RemoveAll<IBenchmark>();
                foreach (var benchmark in benchmarks)
                    services.AddSingleton(benchmark);
                replace?.Invoke(services);
            });
        await app.StartAsync();
        return new(app, models, (await File.ReadAllTextAsync(key)).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(Models, recursive: true);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public Task<Answer> PostAsync(string path, string body = "", string type = "application/json") =>
        SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)));

    public Task<Answer> PostAsync(string path, HttpContent content) => SendAsync(HttpMethod.Post, path, content);

    public Task<Answer> PostAsync(string path, JsonNode body) => PostAsync(path, JsonContent.Create(body));

    /// <param name="key">Null: none.</param>
    public HttpClient ClientWith(string? key)
    {
        // Redirects are not followed.
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    /// <returns>The run, once its status is wanted.</returns>
    public async Task<Answer> WaitForRunAsync(string run, Func<string, bool> wanted)
    {
        Answer? now = null;
        await Wait.UntilAsync(
            async () =>
            {
                now = (await GetAsync($"/v1/runs/{run}")).ShouldBe(200);
                return wanted(now["status"].GetValue<string>());
            },
            awaited: $"another status of {run}");
        return now!;
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Client.SendAsync(request);
        return new(
            (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(),
            response.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
    }
}

/// <summary>The service's response.</summary>
public sealed record Answer(int Status, string? Type, string Text, string? FileName)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public JsonNode Json => JsonNode.Parse(Text)!;

    public JsonNode this[string property] => Json[property]!;

    public string Id => this["id"].GetValue<string>();

    public IReadOnlyList<JsonNode> Lines
        => [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    /// <summary>Asserts a complete problem with this status and code.</summary>
    /// <param name="fields">Exactly the fields that have errors, in order.</param>
    public Answer ShouldBeProblem(int status, string code, params string[] fields)
    {
        Status.ShouldBe(status, Text);
        Type.ShouldBe("application/problem+json");
        this["status"].GetValue<int>().ShouldBe(status);
        this["code"].GetValue<string>().ShouldBe(code, Text);
        this["detail"].GetValue<string>().ShouldNotBeEmpty();
        this["trace_id"].GetValue<string>().ShouldNotBeEmpty();
        Errors.Select(e => e.Field).ShouldBe(fields, Text);
        return this;
    }

    /// <summary>Asserts an error in OpenAI's form.</summary>
    /// <param name="param">The field at fault; null for none.</param>
    public Answer ShouldBeOpenAi(int status, string code, string? param)
    {
        Status.ShouldBe(status, Text);
        Type.ShouldBe("application/json");
        var error = Json.AsObject().ShouldHaveSingleItem().Value!.AsObject();
        error.Select(e => e.Key).ShouldBe(["message", "type", "param", "code"]);
        error["message"]!.GetValue<string>().ShouldNotBeEmpty();
        error["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
        (error["code"]!.GetValue<string>(), error["param"]?.GetValue<string>()).ShouldBe((code, param), Text);
        return this;
    }

    public Answer Saying(string part)
    {
        Text.ShouldContain(part);
        return this;
    }

    public Answer ShouldBe(int status)
    {
        Status.ShouldBe(status, Text);
        return this;
    }

    private IEnumerable<(string Field, string Message)> Errors => Json["errors"] is JsonArray errors
        ? errors.Select(e => (e!["field"]!.GetValue<string>(), e["message"]!.GetValue<string>()))
        : [];
}
