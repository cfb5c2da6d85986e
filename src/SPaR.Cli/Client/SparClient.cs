using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SPaR.Abstractions;

namespace SPaR.Cli.Client;

/// <summary>The part of the service's API that the terminal needs. Thread-safe.</summary>
/// <param name="http">With the service's base address.</param>
internal sealed class SparClient(HttpClient http)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>A client without a timeout: uploads and streams may take long.</summary>
    /// <param name="key">Null sends none; the service's response then says what to do.</param>
    public static HttpClient Connect(Uri service, string? key)
    {
        var http = new HttpClient { BaseAddress = service, Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }

    public Uri Service => http.BaseAddress!;

    /// <param name="path">Relative to the service's models folder.</param>
    /// <param name="template">A chat template's name; null lets the service recognise the file's.</param>
    public Task<ModelView> RegisterModelAsync(string path, string? name, string? template, CancellationToken cancellationToken) =>
        PostAsync<ModelView>("v1/models", JsonContent.Create(new { path, name, template }, options: Json), cancellationToken);

    /// <param name="instructions">A file of any kind that the service reads.</param>
    /// <param name="options">More of the query: <c>&amp;map=…</c>.</param>
    public Task<InstructionSetView> SubmitInstructionsAsync(
        string name, Stream instructions, CancellationToken cancellationToken, string options = "") =>
        PostAsync<InstructionSetView>(
            $"v1/instruction-sets?name={Uri.EscapeDataString(name)}{options}", Body(instructions), cancellationToken);

    public Task<JsonNode> JsonAsync(HttpMethod method, string address, CancellationToken cancellationToken) =>
        SendForAsync<JsonNode>(method, address, null, cancellationToken);

    public Task<JsonNode> PostJsonAsync(string address, JsonObject body, CancellationToken cancellationToken) =>
        PostAsync<JsonNode>(address, JsonContent.Create(Without(body), options: Json), cancellationToken);

    /// <param name="file">Of any kind that the service reads.</param>
    public Task<JsonNode> UploadAsync(string address, Stream file, CancellationToken cancellationToken) =>
        PostAsync<JsonNode>(address, Body(file), cancellationToken);

    /// <summary>Posts a request whose answer is streamed as events.</summary>
    public IAsyncEnumerable<EventView> EventsAsync(string address, JsonObject body, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(Without(body), options: Json) };
        request.Headers.Accept.Add(new("application/x-ndjson"));
        return LinesAsync<EventView>(request, cancellationToken);
    }

    /// <summary>Reads a part of a response.</summary>
    public static T Read<T>(JsonNode json) => json.Deserialize<T>(Json)!;

    public async Task DeleteAsync(string address, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new(HttpMethod.Delete, address), cancellationToken);
    }

    /// <summary>A list, page by page.</summary>
    /// <param name="query">More of the query: <c>verdict=reject</c>.</param>
    public async IAsyncEnumerable<JsonObject> PagesAsync(
        string address, int limit, [EnumeratorCancellation] CancellationToken cancellationToken, string query = "")
    {
        var (after, more) = (query.Length == 0 ? "" : $"&{query}", true);
        while (more)
        {
            var page = await JsonAsync(
                HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{address}?limit={limit}{after}"), cancellationToken);
            foreach (var row in page["data"]!.AsArray())
                yield return row!.DeepClone().AsObject();
            after = $"{(query.Length == 0 ? "" : $"&{query}")}&after={Uri.EscapeDataString($"{page["after"]}")}";
            more = page["has_more"]!.GetValue<bool>();
        }
    }

    /// <summary>Downloads a file, resuming an earlier download to the same target.</summary>
    /// <exception cref="ModelRejectedException">The download failed, or its SHA-256 is not that of the file.</exception>
    public Task FetchAsync(
        string address, string sha256, long bytes, string target, TimeProvider time, CancellationToken cancellationToken) =>
        new ModelDownload(http, time).FetchAsync(address, sha256, bytes, target, null, cancellationToken);

    public Task<RunView> StartRunAsync(RunRequest request, CancellationToken cancellationToken) =>
        PostAsync<RunView>("v1/runs", JsonContent.Create(request, options: Json), cancellationToken);

    public Task<JsonNode> EstimateRunAsync(RunRequest request, CancellationToken cancellationToken) =>
        PostAsync<JsonNode>("v1/runs/estimate", JsonContent.Create(request, options: Json), cancellationToken);

    public Task<RunView> GetRunAsync(string id, CancellationToken cancellationToken)
        => GetAsync<RunView>($"v1/runs/{id}", cancellationToken);

    public Task<TrainingRunView> StartTrainingAsync(TrainingRequest request, CancellationToken cancellationToken) =>
        PostAsync<TrainingRunView>("v1/training-runs", JsonContent.Create(request, options: Json), cancellationToken);

    public Task<TrainingRunView> GetTrainingAsync(string id, CancellationToken cancellationToken) =>
        GetAsync<TrainingRunView>($"v1/training-runs/{id}", cancellationToken);

    public Task<TrainingRunView> CancelTrainingAsync(string id, CancellationToken cancellationToken) =>
        PostAsync<TrainingRunView>($"v1/training-runs/{id}/cancel", null, cancellationToken);

    /// <summary>A training's metrics, in the order of its steps.</summary>
    public IAsyncEnumerable<TrainingStep> MetricsAsync(string id, CancellationToken cancellationToken) =>
        LinesAsync<TrainingStep>($"v1/training-runs/{id}/metrics", cancellationToken);

    public Task<ModelView> GetModelAsync(string id, CancellationToken cancellationToken)
        => GetAsync<ModelView>($"v1/models/{id}", cancellationToken);

    /// <summary>All models, newest first, page by page.</summary>
    public async IAsyncEnumerable<ModelView> ModelsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, more) = ("", true);
        while (more)
        {
            var page = await GetAsync<Page<ModelView>>($"v1/models?limit=200{after}", cancellationToken);
            foreach (var model in page.Data)
                yield return model;
            (after, more) = ($"&after={Uri.EscapeDataString(page.After ?? "")}", page.HasMore);
        }
    }

    /// <summary>Downloads a model's file, resuming an earlier download to the same target.</summary>
    /// <exception cref="ModelRejectedException">The download failed, or its SHA-256 is not the registered one.</exception>
    public Task PullAsync(
        ModelView model, string target, IProgress<long> progress, TimeProvider time, CancellationToken cancellationToken) =>
        new ModelDownload(http, time).FetchAsync(
            $"v1/models/{model.Id}/file", model.Sha256, model.Bytes, target, progress, cancellationToken);

    /// <param name="rows">A file of any kind that the service reads.</param>
    /// <param name="options">More of the query: <c>&amp;map=…</c>.</param>
    public Task<DatasetView> UploadDatasetAsync(
        string format, string name, Stream rows, CancellationToken cancellationToken, string options = "") =>
        PostAsync<DatasetView>(
            $"v1/datasets?format={Uri.EscapeDataString(format)}&name={Uri.EscapeDataString(name)}{options}", Body(rows), cancellationToken);

    /// <summary>Cancels a run; its results are kept.</summary>
    public Task<RunView> CancelRunAsync(string id, CancellationToken cancellationToken)
        => PostAsync<RunView>($"v1/runs/{id}/cancel", null, cancellationToken);

    /// <summary>The pairs of all rounds, streamed.</summary>
    public IAsyncEnumerable<Preference> PreferencesAsync(string id, CancellationToken cancellationToken) =>
        LinesAsync<Preference>(PreferencesAddress(id, "spar"), cancellationToken);

    /// <summary>Copies a run's pairs in one of the service's formats.</summary>
    /// <param name="filter">Leaves out those that are left out of trainings.</param>
    public async Task CopyPreferencesAsync(
        string id, string format, Stream target, CancellationToken cancellationToken, bool filter = false)
    {
        using var response = await SendAsync(
            new(HttpMethod.Get, $"{PreferencesAddress(id, format)}{(filter ? "&filter=true" : "")}"), cancellationToken);
        await response.Content.CopyToAsync(target, cancellationToken);
    }

    /// <param name="exported">The name of a file that was exported in the format llamafactory.</param>
    /// <returns>Its entry for LLaMA-Factory's <c>dataset_info.json</c>.</returns>
    public Task<JsonObject> DatasetInfoAsync(string id, string exported, CancellationToken cancellationToken) =>
        GetAsync<JsonObject>($"v1/runs/{id}/preferences/dataset-info?file={Uri.EscapeDataString(exported)}", cancellationToken);

    /// <summary>All trees of a round, page by page.</summary>
    public async IAsyncEnumerable<TreeSummary> TreesAsync(
        string id, int round, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, more) = ("", true);
        while (more)
        {
            var page = await GetAsync<Page<TreeSummary>>($"{TreesAddress(id, round)}&limit=200{after}", cancellationToken);
            foreach (var tree in page.Data)
                yield return tree;
            (after, more) = ($"&after={Uri.EscapeDataString(page.After ?? "")}", page.HasMore);
        }
    }

    public Task<TreeView> GetTreeAsync(string id, int round, string instruction, CancellationToken cancellationToken) =>
        GetAsync<TreeView>(TreeAddress(id, round, instruction), cancellationToken);

    public static string TreesAddress(string id, int round) =>
        string.Create(CultureInfo.InvariantCulture, $"v1/runs/{id}/trees?round={round}");

    public static string TreeAddress(string id, int round, string instruction) =>
        string.Create(CultureInfo.InvariantCulture, $"v1/runs/{id}/trees/{instruction}?round={round}");

    public static string PreferencesAddress(string id, string format) =>
        $"v1/runs/{id}/preferences?format={Uri.EscapeDataString(format)}";

    // The service recognises a file by its content.
    private static StreamContent Body(Stream file) =>
        new(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    /// <summary>A field that is not given is not sent.</summary>
    private static JsonObject Without(JsonObject body)
    {
        foreach (var name in body.Where(field => field.Value is null).Select(field => field.Key).ToList())
            body.Remove(name);
        return body;
    }

    private Task<T> GetAsync<T>(string address, CancellationToken cancellationToken) =>
        SendForAsync<T>(HttpMethod.Get, address, null, cancellationToken);

    private IAsyncEnumerable<T> LinesAsync<T>(string address, CancellationToken cancellationToken) =>
        LinesAsync<T>(new HttpRequestMessage(HttpMethod.Get, address), cancellationToken);

    private async IAsyncEnumerable<T> LinesAsync<T>(
        HttpRequestMessage request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
                yield return JsonSerializer.Deserialize<T>(line, Json) ?? throw Unreadable(response);
        }
    }

    private Task<T> PostAsync<T>(string address, HttpContent? content, CancellationToken cancellationToken) =>
        SendForAsync<T>(HttpMethod.Post, address, content, cancellationToken);

    private async Task<T> SendForAsync<T>(HttpMethod method, string address, HttpContent? content, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new(method, address) { Content = content }, cancellationToken);
        return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken) ?? throw Unreadable(response);
    }

    /// <exception cref="SparApiException">The response is not a success.</exception>
    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                throw await SparApiException.ReadAsync(response, Json, cancellationToken);
        }
    }

    internal static InvalidDataException Unreadable(HttpResponseMessage response) =>
        new($"{response.RequestMessage?.RequestUri} answered with an empty body; is this the service's address?");
}
