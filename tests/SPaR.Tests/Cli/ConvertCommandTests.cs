using System.Text.Json.Nodes;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

public sealed class ConvertCommandTests : IDisposable
{
    private const string Running = """{ "id": "cnv_1", "kind": "quantise", "status": "running", "progress": 0.5 }""";

    private const string Succeeded = """
        { "id": "cnv_1", "kind": "quantise", "status": "succeeded", "progress": 1, "path": "converted/cnv_1.gguf", "result": "mdl_2",
          "perplexity": { "replies": 6, "tokens": 120, "before": 4.0, "after": 4.1, "change": 0.025 } }
        """;

    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new();

    [Fact]
    public async Task A_quantisation_is_followed_to_its_end_and_shows_the_perplexity_before_and_after()
    {
        _service.On("POST /v1/conversions", Running).On("GET /v1/conversions/cnv_1", Running).On("GET /v1/conversions/cnv_1", Succeeded);

        await RunAsync(json: false);

        JsonNode.Parse(_service.Asked[0].Body)!["file_type"]!.GetValue<string>().ShouldBe("Q4_K");
        _terminal.Err.ShouldContain("./spar conversions wait cnv_1");
        _terminal.Out.ShouldContain("model mdl_2: converted/cnv_1.gguf");
        _terminal.Out.ShouldContain("4.000 before, 4.100 after (+2.5 %), over 120 tokens of 6 replies");
    }

    [Fact]
    public async Task As_json_the_result_is_what_the_service_says()
    {
        _service.On("POST /v1/conversions", Running).On("GET /v1/conversions/cnv_1", Succeeded);

        await RunAsync(json: true);

        JsonNode.Parse(_terminal.Out)!["perplexity"]!["after"]!.GetValue<double>().ShouldBe(4.1);
    }

    [Theory]
    [InlineData("failed", CommandEnd.Failure)]
    [InlineData("cancelled", CommandEnd.Cancelled)]
    public async Task One_that_did_not_succeed_ends_the_command_with_its_reason(string status, int code)
    {
        _service.On("POST /v1/conversions", Running).On(
            "GET /v1/conversions/cnv_1",
            $$"""{ "id": "cnv_1", "status": "{{status}}", "progress": 0, "failure": { "message": "hf/config.json: cannot be read." } }""");

        var end = await Should.ThrowAsync<CommandException>(() => RunAsync(json: false));

        end.Message.ShouldContain("hf/config.json: cannot be read.");
        end.ExitCode.ShouldBe(code);
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    private Task RunAsync(bool json) => ConvertCommands.RunAsync(
        new Session(_service.Client, _terminal.Terminal, json, TimeProvider.System),
        new() { Kind = "quantise", Model = "mdl_1", FileType = "Q4_K" }, CancellationToken.None);
}
