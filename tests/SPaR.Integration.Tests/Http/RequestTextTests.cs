using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace SPaR.Integration.Tests.Http;

/// <summary>Text that cannot be read or stored, wherever it comes in, is a problem that names the field.</summary>
public sealed class RequestTextTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly HttpService _service = shared.Service;

    public static TheoryData<string> JsonEndpoints { get; } =
        ["/v1/models", "/v1/runs", "/v1/training-runs", "/v1/evaluations", "/v1/benchmarks/of-run", "/v1/keys"];

    [Theory]
    [MemberData(nameof(JsonEndpoints))]
    public async Task Every_json_body_is_checked(string path)
    {
        (await _service.PostAsync(path, """{"name":"b \ud83d"}""")).ShouldBeProblem(422, "invalid-text", "name");
        (await _service.PostAsync(path, """{"recipe":{"prompts":{"a\u0000":1}}}""")).ShouldBeProblem(422, "invalid-text", "recipe.prompts");
        (await _service.PostAsync(path, Bytes(Encoding.Latin1.GetBytes("{\"name\":\"café\"}")))).ShouldBeProblem(400, "not-utf8");
        (await _service.PostAsync(path, Bytes(Encoding.Unicode.GetBytes("{}")))).ShouldBeProblem(400, "not-utf8").Saying("UTF-16");
        (await _service.PostAsync(path, Bytes("{}"u8.ToArray(), "application/json; charset=bogus")))
            .ShouldBeProblem(415, "unsupported-media-type").Saying("bogus");
        (await _service.PostAsync(path, "{}", "text/plain")).ShouldBeProblem(415, "unsupported-media-type").Saying("application/json");
        (await _service.PostAsync(path, "")).ShouldBeProblem(400, "invalid-json", "body");
        (await _service.PostAsync(path, "null")).ShouldBeProblem(400, "invalid-json", "body");
        (await _service.PostAsync(path, Bytes([.. "\uFEFF"u8, .. """{"nmae":1}"""u8]))).ShouldBeProblem(400, "invalid-json", "nmae");
    }

    [Theory]
    [InlineData("/v1/keys", """{"name":null,"scope":"read"}""", "name")]
    [InlineData("/v1/models", """{"path":null}""", "path")]
    [InlineData("/v1/runs", """{"instruction_set":null,"actor":"a"}""", "instruction_set")]
    [InlineData("/v1/evaluations", """{"benchmark":"a","model":null}""", "model")]
    [InlineData("/v1/keys", """{"name":"a","scope":"read","name":"b"}""", "name")]
    [InlineData("/v1/keys", """{"name":{},"scope":"read"}""", "name")]
    [InlineData("/v1/keys", """{"name":"a","scope":"read","requests_per_minute":1e99}""", "requests_per_minute")]
    public async Task A_wrong_value_is_named_by_its_field_and_not_by_our_types(string path, string body, string field) =>
        (await _service.PostAsync(path, body)).ShouldBeProblem(400, "invalid-json", field).Text.ShouldNotMatch(@"SPaR\.|System\.|Nullable");

    [Theory]
    [InlineData("/v1/audit")]
    [InlineData("/v1/keys")]
    [InlineData("/v1/runs")]
    [InlineData("/v1/models")]
    [InlineData("/v1/datasets")]
    [InlineData("/v1/benchmarks")]
    [InlineData("/v1/evaluations")]
    [InlineData("/v1/training-runs")]
    [InlineData("/v1/instruction-sets")]
    public async Task A_mark_that_is_not_ours_is_refused_by_every_list(string path)
    {
        foreach (var after in new[] { "x", "0", "-1", "", "run_1", "RUN_01a22a96bf4d7aaa924034ba1cda1cf3" })
            (await _service.GetAsync($"{path}?after={after}")).ShouldBeProblem(422, "invalid-page", "after");
        (await _service.GetAsync($"{path}?after=%00")).ShouldBeProblem(422, "invalid-text", "after");
        (await _service.GetAsync($"{path}?limit=many")).ShouldBeProblem(422, "invalid-parameter", "limit");
        (await _service.GetAsync($"{path}?after=run_01a22a96bf4d7aaa924034ba1cda1cf3")).ShouldBe(200);
    }

    [Theory]
    [InlineData("GET /v1/runs/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "malformed-request")]
    [InlineData("GET /v1/runs HTTP/1.1\r\n\r\n", 400, "malformed-request")]
    [InlineData("GET /v1/runs HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n", 400, "malformed-request")]
    [InlineData("nonsense\r\n\r\n", 400, "malformed-request")]
    [InlineData("GET /v1/runs HTTP/1.1\r\nHost: foreign.example\r\n\r\n", 400, "unknown-host")]
    [InlineData("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "address-too-long")]
    public async Task What_never_reaches_an_endpoint_is_answered_with_a_problem(string request, int status, string code)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _service.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request.Replace("long", new('a', 9000), StringComparison.Ordinal)));
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().Contains("\"code\"", StringComparison.Ordinal)
            && await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(10)) is var read && read > 0)
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));

        answer.ToString().ShouldStartWith($"HTTP/1.1 {status} ");
        answer.ToString().ShouldContain("\r\nContent-Type: application/problem+json\r\n");
        answer.ToString().ShouldContain($"\"code\":\"{code}\"");
    }

    [Theory]
    [InlineData("/", "frame-ancestors 'none'")]
    [InlineData("/login", "frame-ancestors 'none'")]
    [InlineData("/swagger/index.html", "script-src 'self'")]
    [InlineData("/hangfire", "script-src 'self'")]
    [InlineData("/v1/runs", "default-src 'none'")]
    [InlineData("/v1/nowhere", "default-src 'none'")]
    public async Task Every_response_is_protected_in_browsers(string path, string policy)
    {
        using var response = await _service.Client.GetAsync(path);

        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldContain(policy);
    }

    private static ByteArrayContent Bytes(byte[] body, string type = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
