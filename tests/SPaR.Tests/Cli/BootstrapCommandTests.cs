using SPaR.Cli.Commands;
using SPaR.Cli.Supervision;

namespace SPaR.Tests.Cli;

/// <summary>A shell script replaces the training process.</summary>
public sealed class BootstrapCommandTests : IDisposable
{
    private const string Report
        = """{"model":"/m/micro.gguf","measures":{"judge_accuracy":{"mean":0.995,"low":0.97,"high":1,"count":200}}}""";

    private readonly TestTerminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task The_measures_are_shown_as_a_table()
    {
        await RunAsync($"echo '{Report}'", json: false);

        _terminal.Out.ShouldContain("judge_accuracy │ 0.995 │ 0.970 to 1.000");
        _terminal.Out.ShouldContain("/m/micro.gguf");
    }

    [Fact]
    public async Task With_json_standard_output_has_nothing_else()
    {
        await RunAsync($"echo '{Report}'", json: true);

        System.Text.Json.Nodes.JsonNode.Parse(_terminal.Out)!["measures"]!["judge_accuracy"]!["count"]!.GetValue<int>().ShouldBe(200);
        _terminal.Err.ShouldContain("resumes from the last checkpoint");
    }

    [Fact]
    public async Task The_process_gets_seed_folder_and_file()
    {
        await RunAsync("echo \"{\\\"model\\\":\\\"$*\\\",\\\"measures\\\":{}}\"", json: true);

        _terminal.Out.ShouldContain("--role bootstrap --folder /s/bootstrap/seed-5 --seed 5 --output /m/micro.gguf");
    }

    [Theory]
    [InlineData(3, "was stopped. Run the same command")]
    [InlineData(1, "exit code 1")]
    public async Task A_process_that_ends_without_a_model_says_what_to_do(int code, string message) =>
        (await Should.ThrowAsync<CommandException>(() => RunAsync($"exit {code}", json: true))).Message.ShouldContain(message);

    private Task RunAsync(string script, bool json) => BootstrapCommand.RunAsync(
        new SparOptions { Folder = "/s", Host = ["sh", "-c", script, "host"] }, 5, "/m/micro.gguf", json, _terminal.Terminal,
        TestContext.Current.CancellationToken);
}
