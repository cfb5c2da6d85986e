using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Keys;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Idempotency;

/// <summary>What a client sees that sends a request again with the same Idempotency-Key.</summary>
public sealed class IdempotencyTests(KeyedService keyed, PostgresFixture postgres) : IClassFixture<KeyedService>
{
    private const string Key = "Idempotency-Key", Replayed = "Idempotency-Replayed";

    private const string Rows = "{\"prompt\":\"one\"}\n{\"prompt\":\"two\"}\n";

    private HttpService Service => keyed.Service;

    [Fact]
    public async Task A_request_that_is_sent_again_is_answered_the_same_and_done_once()
    {
        var (key, name) = (NewKey(), NewKey());
        var first = (await SubmitAsync(key, name, Rows)).ShouldBe(201);
        first.Headers.ShouldNotContainKey(Replayed);

        for (var i = 0; i < 3; i++)
        {
            var again = (await SubmitAsync(key, name, Rows)).ShouldBe(201);
            again.Text.ShouldBe(first.Text);
            (again.Type, again.Headers["Location"], again.Headers[Replayed]).ShouldBe((first.Type, first.Headers["Location"], "true"));
        }

        (await SetsAsync(name)).ShouldBe(1);
        (await SubmitAsync(NewKey(), name, Rows)).ShouldBe(201);
        (await SetsAsync(name)).ShouldBe(2);
    }

    [Fact]
    public async Task Another_request_with_the_same_key_is_refused()
    {
        var (key, name) = (NewKey(), NewKey());
        (await SubmitAsync(key, name, Rows)).ShouldBe(201);

        (await SubmitAsync(key, name, Rows + " ")).ShouldBeProblem(422, "idempotency-mismatch");
        (await SubmitAsync(key, name + "b", Rows)).ShouldBeProblem(422, "idempotency-mismatch");
        (await PostAsync("/v1/webhooks", """{"url":"https://example.com"}""", key)).ShouldBeProblem(422, "idempotency-mismatch");
        (await SetsAsync(name)).ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("schlüssel")]
    [InlineData("256")]
    public async Task A_key_has_1_to_255_visible_characters(string key)
    {
        var sent = key == "256" ? new string('k', 256) : key;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/instruction-sets?name={NewKey()}")
        {
            Content = Lines(Rows),
        };
        request.Headers.TryAddWithoutValidation(Key, sent);
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 });
        client.DefaultRequestHeaders.Authorization = new("Bearer", Service.Key);
        client.BaseAddress = Service.Address;
        using var response = await client.SendAsync(request);

        ((int)response.StatusCode).ShouldBe(400);
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]!.GetValue<string>().ShouldBe("invalid-idempotency-key");
    }

    [Fact]
    public async Task The_longest_key_is_taken_and_two_keys_in_one_request_are_not()
    {
        (await SubmitAsync(new string('~', 255), NewKey(), Rows)).ShouldBe(201);
        (await Service.SendAsync(HttpMethod.Post, $"/v1/instruction-sets?name={NewKey()}", Lines(Rows), (Key, "a"), (Key, "b")))
            .ShouldBeProblem(400, "invalid-idempotency-key");
    }

    [Fact]
    public async Task Two_callers_may_choose_the_same_key()
    {
        var key = NewKey();
        var (one, other) = ((await keyed.KeyAsync(Scope.Submit)).Text, (await keyed.KeyAsync(Scope.Submit)).Text);
        var set = new JsonObject { ["name"] = key, ["instructions"] = new JsonArray(new JsonObject { ["prompt"] = "one" }) }.ToJsonString();

        var answers = new List<Answer>();
        foreach (var caller in (string[])[one, other, one, other])
            answers.Add((await keyed.SendAsync("POST", "/v1/instruction-sets", caller, set, (Key, key))).ShouldBe(201));

        answers[0].Id.ShouldNotBe(answers[1].Id);
        (answers[2].Text, answers[3].Text).ShouldBe((answers[0].Text, answers[1].Text));
    }

    [Fact]
    public async Task What_was_refused_is_not_kept()
    {
        var (key, name) = (NewKey(), NewKey());
        (await SubmitAsync(key, name, "{\"prompt\":\"\"}")).Status.ShouldBe(422);
        (await SubmitAsync(key, name, Rows)).ShouldBe(201);
        (await SetsAsync(name)).ShouldBe(1);
    }

    [Fact]
    public async Task Requests_at_the_same_moment_are_done_once()
    {
        var (key, name) = (NewKey(), NewKey());
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SubmitAsync(key, name, Rows)));

        foreach (var busy in answers.Where(a => a.Status != 201))
            busy.ShouldBeProblem(409, "idempotency-in-progress").Headers["Retry-After"].ShouldBe("1");
        var done = answers.Where(a => a.Status == 201).Select(a => a.Text).Distinct().ShouldHaveSingleItem();
        (await SubmitAsync(key, name, Rows)).ShouldBe(201).Text.ShouldBe(done);
        (await SetsAsync(name)).ShouldBe(1);
    }

    [Fact]
    public async Task Two_processes_do_it_once_too()
    {
        await using var other = await HttpService.StartAsync(keyed.Database);
        other.Client.DefaultRequestHeaders.Authorization = Service.Client.DefaultRequestHeaders.Authorization;
        for (var round = 0; round < 10; round++)
        {
            var (key, name) = (NewKey(), NewKey());
            var answers = await Task.WhenAll(
                SubmitAsync(key, name, Rows), SubmitAsync(other, key, name, Rows), SubmitAsync(other, key, name, Rows));
            answers.Where(a => a.Status == 201).Select(a => a.Text).Distinct().ShouldHaveSingleItem();
            answers.ShouldAllBe(a => a.Status == 201 || a.Status == 409);
            (await SetsAsync(name)).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_form_is_the_same_with_another_boundary_and_another_with_another_file()
    {
        var (key, name) = (NewKey(), $"{NewKey()}.jsonl");
        const string row = """{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}]}""";
        var first = (await UploadAsync(row)).ShouldBe(200);

        (await UploadAsync(row)).ShouldBe(200).Text.ShouldBe(first.Text);
        (await UploadAsync(row.Replace("two", "three", StringComparison.Ordinal))).ShouldBeOpenAi(400, "idempotency_mismatch", null);

        async Task<Answer> UploadAsync(string content)
        {
            using var form = new MultipartFormDataContent($"---{NewKey()}")
            {
                { new StringContent("fine-tune"), "purpose" },
                { new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "file", name },
            };
            return await Service.SendAsync(HttpMethod.Post, "/openai/v1/files", form, (Key, key));
        }
    }

    [Fact]
    public async Task A_long_compressed_upload_is_hashed_as_it_is_sent()
    {
        var (key, name) = (NewKey(), NewKey());
        var rows = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{{\"prompt\":\"number {i} {NewKey()}\"}}\n"));
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(rows));

        var first = (await SendAsync()).ShouldBe(201);
        first["count"].GetValue<int>().ShouldBe(3000);
        (await SendAsync()).ShouldBe(201).Text.ShouldBe(first.Text);
        (await SetsAsync(name)).ShouldBe(1);

        async Task<Answer> SendAsync()
        {
            using var body = new ByteArrayContent(packed.ToArray());
            body.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            body.Headers.ContentEncoding.Add("gzip");
            return await Service.SendAsync(HttpMethod.Post, $"/v1/instruction-sets?name={name}", body, (Key, key));
        }
    }

    [Fact]
    public async Task A_new_secret_is_given_again_and_stands_nowhere_readable()
    {
        var key = NewKey();
        var made = (await PostAsync("/v1/keys", """{"name":"a","scope":"read"}""", key)).ShouldBe(201);

        (await PostAsync("/v1/keys", """{"name":"a","scope":"read"}""", key)).ShouldBe(201).Text.ShouldBe(made.Text);

        (await Service.ClientWith(made["key"].GetValue<string>()).GetAsync("/v1/runs")).IsSuccessStatusCode.ShouldBeTrue();
        var stored = await StoredRows.OfAsync(keyed.Database);
        stored.ShouldNotContain(made["key"].GetValue<string>());
        stored.ShouldNotContain(key);
    }

    [Fact]
    public async Task After_a_day_a_key_counts_as_new_and_its_row_is_swept()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await using var service = await HttpService.StartAsync(database);
        var first = (await SubmitAsync(service, "k", "a", Rows)).ShouldBe(201);
        await StoredRows.ExecuteAsync(database, "UPDATE spar.idempotent_requests SET created_at = now() - interval '23 hours'");
        (await SubmitAsync(service, "k", "a", Rows)).ShouldBe(201).Id.ShouldBe(first.Id);

        await StoredRows.ExecuteAsync(database, "UPDATE spar.idempotent_requests SET created_at = now() - interval '25 hours'");
        (await SubmitAsync(service, "k", "a", Rows)).ShouldBe(201).Id.ShouldNotBe(first.Id);
        await StoredRows.ExecuteAsync(database, "UPDATE spar.idempotent_requests SET created_at = now() - interval '25 hours'");
        await using var next = await HttpService.StartAsync(database);

        await Wait.UntilAsync(async () => await StoredRows.OfAsync(database) == "");
    }

    private static string NewKey() => Ids.New("key", TimeProvider.System);

    private static StringContent Lines(string rows) => new(rows, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson"));

    private Task<Answer> SubmitAsync(string key, string name, string rows) => SubmitAsync(Service, key, name, rows);

    private static Task<Answer> SubmitAsync(HttpService service, string key, string name, string rows) =>
        service.SendAsync(HttpMethod.Post, $"/v1/instruction-sets?name={name}", Lines(rows), (Key, key));

    private Task<Answer> PostAsync(string path, string body, string key) =>
        Service.SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), (Key, key));

    private async Task<int> SetsAsync(string name) =>
        (await Service.GetAsync("/v1/instruction-sets?limit=200"))["data"].AsArray().Count(s => s!["name"]!.GetValue<string>() == name);
}
