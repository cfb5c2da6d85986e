using System.CommandLine;
using SPaR.Cli.Demo;
using SPaR.Evaluation.Benchmarks;
using SPaR.MicroWorld;

namespace SPaR.Tests.Cli;

public sealed class DemoOptionsTests
{
    [Fact]
    public void Without_options_there_are_three_rounds_of_250_instructions() =>
        Parse().ShouldBe(new DemoOptions(Json: false, Keep: false, Seed: 1, Instructions: 250, Rounds: 3, HeldOut: 700, Ablation: false));

    [Fact]
    public void By_default_every_item_of_the_benchmark_is_measured() =>
        Parse().HeldOut.ShouldBe(new WorldBenchmark(new VerifiableMicroWorld()).Own!.Count);

    [Fact]
    public void Every_option_is_read() =>
        Parse("--rounds", "2", "--instructions", "60", "--held-out", "70", "--seed", "7", "--ablation", "--json", "--keep")
            .ShouldBe(new DemoOptions(Json: true, Keep: true, Seed: 7, Instructions: 60, Rounds: 2, HeldOut: 70, Ablation: true));

    [Theory]
    [InlineData("--rounds", "0", "--rounds must be a whole number from 1 to 20, not 0.")]
    [InlineData("--rounds", "21", "--rounds must be a whole number from 1 to 20, not 21.")]
    [InlineData("--instructions", "0", "--instructions must be a whole number from 1 to 100000, not 0.")]
    [InlineData("--instructions", "100001", "--instructions must be a whole number from 1 to 100000, not 100001.")]
    [InlineData("--held-out", "701", "--held-out must be a whole number from 1 to 700, not 701.")]
    [InlineData("--seed", "-1", "--seed must be a whole number from 0 to 9007199254740991, not -1.")]
    [InlineData("--rounds", "many", "--rounds must be a whole number from 1 to 20, not many.")]
    [InlineData("--seed", "9007199254740992", "--seed must be a whole number from 0 to 9007199254740991, not 9007199254740992.")]
    public void A_value_out_of_range_is_named_with_the_range(string option, string value, string expected) =>
        DemoCommand.Create().Parse([option, value]).Errors.Select(error => error.Message).ShouldBe([expected]);

    private static DemoOptions Parse(params string[] arguments)
    {
        var (options, read) = DemoOptions.Declare();
        var command = new Command("demo");
        foreach (var option in options)
            command.Options.Add(option);
        return read(command.Parse(arguments));
    }
}
