using System.Diagnostics;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

/// <summary>Training on a disk that really is full: a file system of its own, in memory.</summary>
public sealed class FullDiskTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly string _disk = Directory.CreateTempSubdirectory("spar-disk-").FullName;
    private string? _refused;

    private string Folder => Path.Combine(_disk, "training");

    private string Ballast => Path.Combine(_disk, "ballast");

    public async ValueTask InitializeAsync()
    {
        _refused = await RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", _disk);
        Directory.CreateDirectory(Folder);
    }

    public async ValueTask DisposeAsync()
    {
        if (_refused is null)
            await RunAsync("umount", "-l", _disk);
        Directory.Delete(_disk, recursive: true);
    }

    [Fact]
    public async Task A_checkpoint_that_does_not_fit_fails_the_run_and_with_room_it_goes_on_from_the_one_before()
    {
        NeedsDisk();
        await using var service = await TrainingService.StartRealAsync(postgres, Folder);
        var run = await service.TrainAsync(
            """{"learning_rate":2e-5,"batch_size":8,"micro_batch_size":8,"num_train_epochs":20,"save_steps":5,"threads":1}""");
        await service.StepAsync(run, 5);
        (await service.MoveAsync(run, "pause")).ShouldBe(200);
        var last = (await service.StatusAsync(run, "paused"))["step"].GetValue<int>();
        // Room for metrics and messages, not for a checkpoint.
        Fill(leave: 64 << 10);

        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        var failed = await service.StatusAsync(run, "failed");
        var kept = await CheckpointsAsync(service, run);
        File.Delete(Ballast);
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        await service.StatusAsync(run, "succeeded");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("checkpoint-not-written");
        failed.Saying("No space left on device").Saying(Path.Combine(Folder, run)).Saying($"step-{last:d6}").Saying("then resume");
        kept[^1].ShouldBe(last);
        (await service.StepsAsync(run)).ShouldBe(Enumerable.Range(1, 80));
    }

    [Fact]
    public async Task A_process_that_dies_on_a_full_disk_is_not_started_in_vain()
    {
        NeedsDisk();
        await using var service = await TrainingService.StartAsync(postgres, new ScriptedModel(), Folder, "slow");
        var run = await service.TrainAsync();
        await service.StepAsync(run, 2);
        Fill(leave: 0);

        await TrainingEndTests.KillAsync(await service.ProcessAsync(run));
        var failed = await service.StatusAsync(run, "failed");
        File.Delete(Ballast);
        service.Untell("slow");
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        await service.StatusAsync(run, "succeeded");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("disk");
        failed["restarts"].GetValue<int>().ShouldBe(0);
        failed.Saying($"The disk that holds {Path.Combine(Folder, run)} is full").Saying("step-000002").Saying("/resume");
        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task Data_that_does_not_fit_fails_the_run_and_is_prepared_again()
    {
        NeedsDisk();
        await using var service = await TrainingService.StartAsync(postgres, new ScriptedModel(), Folder);
        while (!File.Exists(Path.Combine(Folder, "folder.id")))
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Fill(leave: 0);

        var run = await service.TrainAsync();
        var failed = await service.StatusAsync(run, "failed");
        File.Delete(Ballast);
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        await service.StatusAsync(run, "succeeded");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("disk");
        failed.Saying("No space left on device").Saying(Path.Combine(Folder, run)).Saying("There is no checkpoint yet. Make room");
    }

    private static async Task<int[]> CheckpointsAsync(TrainingService service, string run) =>
        [.. (await service.Http.GetAsync($"/v1/training-runs/{run}/checkpoints"))["data"].AsArray()
            .Select(c => c!["step"]!.GetValue<int>())];

    private void NeedsDisk()
    {
        if (_refused is not null)
            Assert.Skip($"This machine does not let the tests mount a file system: {_refused}");
    }

    private void Fill(int leave)
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full, which is what is wanted.
            file.SetLength(Math.Max(0, file.Length - leave));
        }
    }

    /// <returns>What it said where it failed, or null.</returns>
    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0 ? null : said.Trim();
    }
}
