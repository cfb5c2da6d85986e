using System.Diagnostics;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>The host's trainer role as its supervisor sees it: exit codes, files, and what remains after a kill.</summary>
public sealed class TrainerProcessTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        LearningRate = 2e-4,
        BatchSize = 8,
        MicroBatchSize = 4,
        NumTrainEpochs = 5,
        Seed = 3,
        Threads = 1,
        SaveSteps = 5,
        Lora = new LoraOptions { R = 2, LoraDropout = 0.1, Merge = true },
    };

    private readonly TrainingFolders _folders = new();

    public void Dispose() => _folders.Dispose();

    [Theory]
    [InlineData(true, "adamw_torch")]
    [InlineData(false, "adamw_torch")]
    [InlineData(false, "adamw_8bit")]
    public async Task Twenty_steps_equal_ten_and_ten_after_a_kill(bool lora, string optimiser)
    {
        var options = Options with { Lora = lora ? Options.Lora : null, Optim = optimiser };
        var (whole, killed) = (Make("whole", options), Make("killed", options));
        (await TrainingFolders.RunAsync(whole)).Code.ShouldBe(0);

        using (var process = TrainingFolders.Start(killed))
        {
            await UntilAsync(() => TrainingFolders.Metrics(killed).Length >= 10, process);
            process.Kill();
            await process.WaitForExitAsync();
        }
        TrainingFolders.Metrics(killed).Length.ShouldBeLessThan(20, "it was killed too late to show anything");
        (await TrainingFolders.RunAsync(killed)).Code.ShouldBe(0);

        Result(killed).ShouldBe(Result(whole));
        Weights(killed).ShouldBe(Weights(whole));
        Steps(killed).ShouldBe(Steps(whole));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    public async Task The_best_step_and_the_patience_are_those_of_an_uninterrupted_run_after_a_kill_and_a_stop(int step)
    {
        // The best is early, and a checkpoint of it is older than the newest ones when the process is killed.
        var options = Options with
        {
            Lora = null,
            LearningRate = 2e-3,
            EvalSteps = 2,
            SaveSteps = 3,
            LoadBestModelAtEnd = true,
            EarlyStoppingPatience = 6,
            MetricForBestModel = "eval_nll_loss",
        };
        var (whole, broken) = (MakeEvaluated("whole", options), MakeEvaluated("broken", options));
        (await TrainingFolders.RunAsync(whole)).Code.ShouldBe(0);
        using (var process = TrainingFolders.Start(broken))
        {
            await UntilAsync(() => TrainingFolders.Metrics(broken).Length >= step, process);
            process.Kill();
            await process.WaitForExitAsync();
        }

        using (var process = TrainingFolders.Start(broken))
        {
            await UntilAsync(() => TrainingFolders.Metrics(broken).Length >= step + 1, process);
            File.WriteAllText(Path.Combine(broken, TrainingFolder.Stop), "");
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(3);
        }

        (await TrainingFolders.RunAsync(broken)).Code.ShouldBe(0);
        Result(broken).ShouldBe(Result(whole));
        Steps(broken).ShouldBe(Steps(whole));
        var outcome = File.ReadAllText(Path.Combine(broken, TrainingFolder.Outcome));
        outcome.ShouldBe(File.ReadAllText(Path.Combine(whole, TrainingFolder.Outcome)));
    }

    [Fact]
    public async Task A_stop_file_or_sigterm_ends_with_a_checkpoint_and_the_run_resumes_from_it()
    {
        var (whole, stopped) = (Make("whole", Options), Make("stopped", Options));
        (await TrainingFolders.RunAsync(whole)).Code.ShouldBe(0);
        File.WriteAllText(Path.Combine(stopped, TrainingFolder.Stop), "");
        (await TrainingFolders.RunAsync(stopped)).Code.ShouldBe(3);
        using (var process = TrainingFolders.Start(stopped))
        {
            await UntilAsync(() => TrainingFolders.Metrics(stopped).Length >= 7, process);
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(3);
        }
        var done = TrainingFolders.Metrics(stopped).Length;
        Directory.Exists(Path.Combine(stopped, TrainingFolder.Checkpoints, $"step-{done:d6}")).ShouldBeTrue();

        (await TrainingFolders.RunAsync(stopped)).Code.ShouldBe(0);
        Result(stopped).ShouldBe(Result(whole));
        Steps(stopped).ShouldBe(Steps(whole));
    }

    [Fact]
    public async Task A_second_process_on_the_folder_fails_and_says_so()
    {
        var folder = Make("busy", Options with { NumTrainEpochs = 1000 });
        using var first = TrainingFolders.Start(folder);
        await UntilAsync(() => TrainingFolders.Metrics(folder).Length >= 1, first);

        var (code, error) = await TrainingFolders.RunAsync(folder);

        first.Kill();
        await first.WaitForExitAsync();
        code.ShouldBe(1);
        error.ShouldContain("[4001]");
        File.Exists(Path.Combine(folder, TrainingFolder.Failure)).ShouldBeFalse();
    }

    [Fact]
    public async Task Bad_data_ends_with_1_and_a_failure_that_names_line_and_field()
    {
        var folder = Make("bad", Options);
        File.AppendAllText(Path.Combine(folder, TrainingFolder.Data), """{"id":"x","prompt":[1],"chosen":[5]}""");

        var (code, error) = await TrainingFolders.RunAsync(folder);

        code.ShouldBe(1);
        error.ShouldContain("bad-data");
        var failure = TrainingFolders.Failure(folder);
        failure["code"]!.ToString().ShouldBe("bad-data");
        failure["message"]!.ToString().ShouldBe("data.ndjson, line 33, field 'rejected' is missing.");
        failure["row"]!.ToString().ShouldBe("line 33");
    }

    private string MakeEvaluated(string name, TrainingOptions options) =>
        _folders.Make(name, TrainingMethod.Dpo, options, MicroRows.Pairs(32), heldOut: [.. MicroRows.Pairs(40).Skip(32)]);

    private string Make(string name, TrainingOptions options) => _folders.Make(name, TrainingMethod.Dpo, options, MicroRows.Pairs(32));

    private static byte[] Result(string folder) => File.ReadAllBytes(Path.Combine(folder,
        File.Exists(Path.Combine(folder, TrainingFolder.Adapter)) ? TrainingFolder.Adapter : TrainingFolder.Model));

    private static byte[] Weights(string folder) =>
        File.ReadAllBytes(Path.Combine(folder, TrainingFolder.Checkpoints, "step-000020", "tensors.bin"));

    /// <summary>Every metric except speed and memory, bit for bit.</summary>
    private static string[] Steps(string folder) => [.. TrainingFolders.Metrics(folder).Select(s =>
    {
        foreach (var name in new[] { "tokens_per_second", "memory/planned", "memory/used" })
            s.Remove(name);
        return s.ToJsonString();
    })];

    private static async Task UntilAsync(Func<bool> done, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!done())
        {
            process.HasExited.ShouldBeFalse("it ended early");
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2));
            await Task.Delay(5);
        }
    }
}
