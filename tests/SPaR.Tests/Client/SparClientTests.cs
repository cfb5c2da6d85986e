using System.Net;
using System.Text;
using SPaR.Client;
using SPaR.Tests.Cli;

namespace SPaR.Tests.Client;

public sealed class SparClientTests : IDisposable
{
    private readonly CannedService _service = new();

    [Fact]
    public async Task What_is_not_given_is_not_sent()
    {
        _service.On("POST /v1/models", """{ "id": "mdl_1", "name": "micro", "path": "micro.gguf", "bytes": 1 }""", HttpStatusCode.Created);

        var model = await _service.Client.RegisterModelAsync(new() { Path = "micro.gguf" });

        model.Id.ShouldBe("mdl_1");
        _service.Asked.Single().Body.ShouldBe("""{"path":"micro.gguf"}""");
    }

    [Fact]
    public async Task Instructions_are_sent_unchanged()
    {
        const string lines = "{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}\n";
        _service.On("POST /v1/instruction-sets?name=two%20%26%20more", """{ "id": "set_1", "name": "two & more", "count": 2 }""");

        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        var set = await _service.Client.SubmitInstructionSetAsync(stream, name: "two & more");

        set.Count.ShouldBe(2);
        _service.Asked.Single().Body.ShouldBe(lines);
    }

    [Fact]
    public async Task Lists_are_read_to_their_end()
    {
        const string tree = """{ "instruction_id": "ins_N", "state": "paired", "nodes": 4 }""";
        _service
            .On("GET /v1/runs/run_1/trees?limit=200&round=2", $$"""{ "data": [{{tree}}], "has_more": true, "after": "7" }""")
            .On("GET /v1/runs/run_1/trees?limit=200&round=2&after=7", $$"""{ "data": [{{tree}}], "has_more": false, "after": null }""");

        (await _service.Client.EnumerateTreesAsync("run_1", limit: 200, round: 2).CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_refusal_carries_code_fields_and_messages()
    {
        _service.On("POST /v1/runs", """
            { "status": 422, "code": "invalid-run", "title": "Unprocessable Entity", "detail": "The input has errors; nothing was stored.",
              "errors": [ { "field": "actor", "message": "There is no model 'mdl_9'." } ], "trace_id": "x" }
            """, HttpStatusCode.UnprocessableEntity, "application/problem+json");

        var refused = await Should.ThrowAsync<SparApiException>(
            () => _service.Client.StartRunAsync(new() { InstructionSet = "set_1", Actor = "mdl_9" }));

        refused.Code.ShouldBe("invalid-run");
        refused.Errors.ShouldHaveSingleItem().Field.ShouldBe("actor");
        refused.Status.ShouldBe(422);
    }

    [Fact]
    public async Task A_response_that_is_not_the_services_is_recognised()
    {
        _service.On("GET /v1/runs/run_1", "<html>", HttpStatusCode.BadGateway, "text/html");

        var refused = await Should.ThrowAsync<SparApiException>(() => _service.Client.GetRunAsync("run_1"));

        refused.Code.ShouldBe("http-502");
        refused.Message.ShouldContain("http://127.0.0.1:1234/v1/runs/run_1");
    }

    [Fact]
    public async Task What_a_newer_service_sends_is_kept()
    {
        _service.On("GET /v1/runs/run_1", """{ "id": "run_1", "status": "thinking", "mood": "good" }""");

        var run = await _service.Client.GetRunAsync("run_1");

        run.Status.ShouldBe("thinking");
        $"{run.Status}".ShouldBe("thinking");
        run.AdditionalFields!["mood"].GetString().ShouldBe("good");
        run.Rounds.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_names_the_state_that_it_is_based_on()
    {
        _service.On("GET /v1/pairs/pair_1/verdict", """{ "verdict": "reject", "by": "ann" }""", tag: "\"vrd_7\"")
            .On("PUT /v1/pairs/pair_1/verdict", """{ "verdict": "accept", "by": "ben" }""", tag: "\"vrd_8\"");

        var present = await _service.Client.GetVerdictAsync("pair_1");
        var changed = await _service.Client.PutVerdictAsync("pair_1", new() { Verdict = "accept" }, ifMatch: present.ETag);

        (present.Value.Verdict, present.ETag, changed.ETag).ShouldBe((HumanVerdict.Reject, "\"vrd_7\"", "\"vrd_8\""));
        _service.Headers.ShouldContain(("If-Match", "\"vrd_7\""));
    }

    [Fact]
    public async Task Ids_are_escaped_in_addresses()
    {
        _service.On("GET /v1/runs/a%2Fb%20c", """{ "id": "a/b c" }""");

        (await _service.Client.GetRunAsync("a/b c")).Id.ShouldBe("a/b c");
    }

    [Fact]
    public async Task Rows_are_read_line_by_line_in_the_format_of_their_type()
    {
        _service.On(
            "GET /v1/runs/run_1/preferences?round=1&format=spar", """{"id":"pair_1","chosen":"a"}""" + "\n\n" + """{"id":"pair_2"}""");

        var pairs = await _service.Client.GetPreferencesAsync("run_1", round: 1).ToListAsync();

        pairs.Select(pair => pair.Id).ShouldBe(["pair_1", "pair_2"]);
    }

    [Fact]
    public async Task Events_carry_where_to_resume()
    {
        _service.On("GET /v1/runs/run_1/events", "event: run.stage\nid: 7\ndata: {\"round\":1}\n\nevent: progress\ndata: {}\n\n",
            type: "text/event-stream");

        var events = await _service.Client.GetRunEventsStreamingAsync("run_1", lastEventId: "6").ToListAsync();

        events[0].ShouldBe(new SparEvent("7", "run.stage", """{"round":1}"""));
        _service.Headers.ShouldContain(("Last-Event-ID", "6"));
        _service.Headers.ShouldContain(("Accept", "text/event-stream"));
    }

    public void Dispose() => _service.Dispose();
}
