using System.Net;
using System.Text;
using SPaR.Cli.Client;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class SparClientTests : IDisposable
{
    private readonly CannedService _service = new();

    [Fact]
    public async Task What_is_not_given_is_not_sent()
    {
        _service.On("POST /v1/models", """{ "id": "mdl_1", "name": "micro", "path": "micro.gguf", "bytes": 1 }""", HttpStatusCode.Created);

        var model = await _service.Client.RegisterModelAsync("micro.gguf", null, null, CancellationToken.None);

        model.Id.ShouldBe("mdl_1");
        _service.Asked.Single().Body.ShouldBe("""{"path":"micro.gguf"}""");
    }

    [Fact]
    public async Task Instructions_are_sent_unchanged()
    {
        const string lines = "{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}\n";
        _service.On("POST /v1/instruction-sets?name=two%20%26%20more", """{ "id": "set_1", "name": "two & more", "count": 2 }""");

        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        var set = await _service.Client.SubmitInstructionsAsync("two & more", stream, CancellationToken.None);

        set.Count.ShouldBe(2);
        _service.Asked.Single().Body.ShouldBe(lines);
    }

    [Fact]
    public async Task Lists_are_read_to_their_end()
    {
        const string tree = """{ "instruction_id": "ins_N", "state": "paired", "nodes": 4 }""";
        _service
            .On("GET /v1/runs/run_1/trees?round=2&limit=200", $$"""{ "data": [{{tree}}], "has_more": true, "after": "7" }""")
            .On("GET /v1/runs/run_1/trees?round=2&limit=200&after=7", $$"""{ "data": [{{tree}}], "has_more": false, "after": null }""");

        (await _service.Client.TreesAsync("run_1", 2, CancellationToken.None).CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_refusal_carries_code_fields_and_messages()
    {
        _service.On("POST /v1/runs", """
            { "status": 422, "code": "invalid-run", "title": "Unprocessable Entity", "detail": "The input has errors; nothing was stored.",
              "errors": [ { "field": "actor", "message": "There is no model 'mdl_9'." } ], "trace_id": "x" }
            """, HttpStatusCode.UnprocessableEntity, "application/problem+json");

        var refused = await Should.ThrowAsync<SparApiException>(
            () => _service.Client.StartRunAsync(new("set_1", "mdl_9"), CancellationToken.None));

        refused.Code.ShouldBe("invalid-run");
        refused.Errors.ShouldBe([new("actor", "There is no model 'mdl_9'.")]);
    }

    [Fact]
    public async Task A_response_that_is_not_the_services_is_recognised()
    {
        _service.On("GET /v1/runs/run_1", "<html>", HttpStatusCode.BadGateway, "text/html");

        var refused = await Should.ThrowAsync<SparApiException>(() => _service.Client.GetRunAsync("run_1", CancellationToken.None));

        refused.Code.ShouldBe("http-502");
        refused.Message.ShouldContain("http://127.0.0.1:1234/v1/runs/run_1");
    }

    [Fact]
    public async Task A_command_shows_code_field_and_message_and_fails() =>
        (await ShownAsync(new("invalid-recipe", "depth is [99].", [new("recipe.refine.depth", "depth is [99].")])))
            .ShouldBe("error: recipe.refine.depth: depth is [99]. (invalid-recipe)\n");

    [Fact]
    public async Task A_command_shows_every_error() =>
        (await ShownAsync(new("invalid-run", "The input has errors.", [new("actor", "There is none."), new("name", "Too long.")])))
            .ShouldBe("error: The input has errors. (invalid-run)\n  actor: There is none.\n  name: Too long.\n");

    [Fact]
    public async Task A_command_shows_an_error_without_fields() =>
        (await ShownAsync(new("database-unavailable", "PostgreSQL does not answer.", [])))
            .ShouldBe("error: PostgreSQL does not answer. (database-unavailable)\n");

    [Fact]
    public async Task Interrupting_a_command_is_not_a_failure()
    {
        using var terminal = new TestTerminal();
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        var exit = await CommandEnd.OfAsync(terminal.Terminal, () => Task.FromCanceled(stop.Token), stop.Token);

        exit.ShouldBe(130);
        terminal.Err.ShouldBeEmpty();
    }

    public void Dispose() => _service.Dispose();

    private static async Task<string> ShownAsync(SparApiException refused)
    {
        using var terminal = new TestTerminal();
        (await CommandEnd.OfAsync(terminal.Terminal, () => throw refused, CancellationToken.None)).ShouldBe(1);
        terminal.Out.ShouldBeEmpty();
        return terminal.Err.ReplaceLineEndings("\n");
    }
}
