using SPaR.Cli.Commands;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Integration.Tests.Training;

public sealed class TrainCommandTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_command_submits_a_file_follows_the_steps_and_says_where_the_model_is()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var file = Path.Combine(service.Folder, "pairs.jsonl");
        await File.WriteAllTextAsync(file, """{"prompt":"one","chosen":"a good answer","rejected":"a bad answer"}""");
        var heldOut = Path.Combine(service.Folder, "held-out.jsonl");
        await File.WriteAllTextAsync(heldOut, """{"prompt":"two","chosen":"better than","rejected":"worse as"}""");
        var said = new StringWriter();
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(said), Ansi = AnsiSupport.No });
        console.Profile.Width = 1000;

        await TrainCommand.RunAsync(
            new(new SparClient(service.Http.Client), new Terminal(console, console), Json: false, TimeProvider.System),
            new(file, heldOut, "trl-standard", service.Model, "dpo", new() { ["learning_rate"] = 1e-6 }, 1, null),
            TestContext.Current.CancellationToken);

        said.ToString().ShouldContain("step 6 of 6: loss 0.3, rewards/margins 0.6");
        said.ToString().ShouldContain("trained/trn_");
        (await service.Http.GetAsync("/v1/training-runs"))["data"][0]!["eval_rows"]!.GetValue<int>().ShouldBe(1);
    }
}
