using SPaR.Cli.Commands;
using SPaR.Cli.Supervision;

namespace SPaR.Tests.Cli;

/// <summary>With a shell script in the place of the process that trains.</summary>
public sealed class BootstrapCommandTests : IDisposable
{
    private const string Report
        = """{"model":"/m/micro.gguf","measures":{"judge_accuracy":{"mean":0.995,"low":0.97,"high":1,"count":200}}}""";

    private readonly TestTerminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task What_was_measured_is_shown_as_a_table()
    {
        await RunAsync($"echo '{Report}'", json: false);

        _terminal.Out.ShouldContain("judge_accuracy │ 0.995 │ 0.970 to 1.000");
        _terminal.Out.ShouldContain("/m/micro.gguf");
    }

    [Fact]
    public async Task With_json_nothing_else_is_on_standard_output()
    {
        await RunAsync($"echo '{Report}'", json: true);

        System.Text.Json.Nodes.JsonNode.Parse(_terminal.Out)!["measures"]!["judge_accuracy"]!["count"]!.GetValue<int>().ShouldBe(200);
        _terminal.Err.ShouldContain("goes on from its last checkpoint");
    }

    [Fact]
    public async Task The_process_is_told_seed_folder_and_file()
    {
        await RunAsync("echo \"{\\\"model\\\":\\\"$*\\\",\\\"measures\\\":{}}\"", json: true);

        _terminal.Out.ShouldContain("--role bootstrap --folder /s/bootstrap/seed-5 --seed 5 --output /m/micro.gguf");
    }

    [Theory]
    [InlineData(3, "was stopped; start the same command again")]
    [InlineData(1, "exit code 1")]
    public async Task An_end_without_a_model_says_what_to_do(int code, string message) =>
        (await Should.ThrowAsync<CommandException>(() => RunAsync($"exit {code}", json: true))).Message.ShouldContain(message);

    private Task RunAsync(string script, bool json) => BootstrapCommand.RunAsync(
        new SparOptions { Folder = "/s", Host = ["sh", "-c", script, "host"] }, 5, "/m/micro.gguf", json, _terminal.Terminal,
        TestContext.Current.CancellationToken);
}
