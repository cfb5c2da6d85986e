using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>The bootstrap role as a process of its own.</summary>
public sealed class BootstrapRoleTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("spar-bootstrap-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task It_writes_a_model_and_its_card_and_prints_the_benchmark_results()
    {
        var output = Path.Combine(_root, "made", "micro.gguf");
        var (code, printed, error) = await RunAsync(
            "--folder", Path.Combine(_root, "work"), "--output", output, "--seed", "3", "--steps", "2");

        code.ShouldBe(0, error);
        var report = JsonNode.Parse(printed)!;
        report["sha256"]!.GetValue<string>().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(output))));
        report["measures"]!.AsObject().Select(m => m.Key).ShouldBe(
        [
            "actor_accuracy", "actor_accuracy_greedy", "judge_accuracy", "judge_f1", "single_refinement_success", "search_success",
            "judge_accuracy_one_vote",
        ]);
        var card = File.ReadAllText(Path.Combine(_root, "made", "MODEL_CARD.md"));
        card.ShouldContain("seed 3, 2 steps");
        card.ShouldNotContain("{seed}");
        card.ShouldNotMatch(@"\| \{\w+\} \|");
    }

    [Theory]
    [InlineData("--role bootstrap needs --folder", "--output", "m.gguf", "--seed", "1")]
    [InlineData("--seed is '-1'; it must be a whole number, 0 or above.", "--folder", "f", "--output", "m.gguf", "--seed", "-1")]
    [InlineData("--steps is '0'", "--folder", "f", "--output", "m.gguf", "--seed", "1", "--steps", "0")]
    public async Task An_argument_that_is_missing_or_wrong_is_named(string message, params string[] arguments)
    {
        var (code, _, error) = await RunAsync(arguments);

        code.ShouldBe(1);
        error.ShouldContain($"spar: {message}");
    }

    private static async Task<(int Code, string Printed, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "bootstrap", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, printed, await error);
    }
}
