using System.Diagnostics;

namespace SPaR.Integration.Tests.Training;

/// <summary>How a training run ends when its process does not do what it should: does not listen, dies, or cannot begin.</summary>
public sealed class TrainingEndTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_cancelled_run_ends_within_the_grace_and_its_process_group_with_it()
    {
        await using var service = await TrainingService.StartAsync(postgres, "deaf");
        var run = await service.TrainAsync();
        await service.StepAsync(run, 2);
        var process = await service.ProcessAsync(run);
        var child = int.Parse(await File.ReadAllTextAsync(Path.Combine(service.Folder, run, "child.pid")), null);
        IsAlive(child).ShouldBeTrue();
        var clock = Stopwatch.StartNew();

        (await service.MoveAsync(run, "cancel")).ShouldBe(200)["detail"].GetValue<string>().ShouldContain("CancelGraceSeconds");
        await service.StatusAsync(run, "cancelled");

        // It waited for a process that was busy, for as long as that was.
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        await Wait.UntilAsync(() => !IsAlive(process) && !IsAlive(child));
    }

    [Fact]
    public async Task A_pause_waits_for_the_step_beyond_any_grace_and_says_so()
    {
        await using var service = await TrainingService.StartAsync(postgres, "deaf");
        var run = await service.TrainAsync();
        await service.StepAsync(run, 2);

        (await service.MoveAsync(run, "pause")).ShouldBe(200);
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        var waiting = await service.GetAsync(run);
        service.Untell("deaf");
        var paused = await service.StatusAsync(run, "paused");
        await KillAsync(int.Parse(await File.ReadAllTextAsync(Path.Combine(service.Folder, run, "child.pid")), null));

        waiting["status"].GetValue<string>().ShouldBe("pausing");
        waiting["detail"].GetValue<string>().ShouldBe("The step in progress ends first, and then its checkpoint is written.");
        paused["step"].GetValue<int>().ShouldBe(3);
        paused["restarts"].GetValue<int>().ShouldBe(0);
        paused.Json["detail"].ShouldBeNull();
    }

    [Theory]
    [InlineData("cancel", "cancelled")]
    [InlineData("pause", "paused")]
    public async Task A_run_is_stopped_while_its_data_is_prepared(string action, string status)
    {
        await using var service = await TrainingService.StartAsync(postgres, new BusyEngine(), null);
        var run = await service.TrainAsync();
        var preparing = await service.StatusAsync(run, "running");

        (await service.MoveAsync(run, action)).ShouldBe(200);
        await service.StatusAsync(run, status);

        preparing["detail"].GetValue<string>().ShouldBe("Its data is being prepared.");
    }

    [Fact]
    public async Task A_process_may_die_three_times()
    {
        await using var service = await TrainingService.StartAsync(postgres, "deaths=3");
        var run = await service.TrainAsync();

        (await service.StatusAsync(run, "succeeded"))["restarts"].GetValue<int>().ShouldBe(3);

        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task The_fourth_death_fails_the_run_with_what_was_said_last_and_resume_goes_on_where_it_was()
    {
        await using var service = await TrainingService.StartAsync(postgres, "deaths=4");
        var run = await service.TrainAsync();

        var failed = await service.StatusAsync(run, "failed");
        (await service.MoveAsync(run, "resume")).ShouldBe(200).Json["failure"].ShouldBeNull();
        var ended = await service.StatusAsync(run, "succeeded");

        failed["restarts"].GetValue<int>().ShouldBe(3);
        failed["failure"]["code"]!.GetValue<string>().ShouldBe("trainer-died");
        failed["failure"]["message"]!.GetValue<string>().ShouldStartWith("The training process died 4 times");
        failed.Saying("memory ran out").Saying($"POST /v1/training-runs/{run}/resume");
        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
        ended["restarts"].GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task A_run_that_failed_by_its_data_is_not_resumed()
    {
        await using var service = await TrainingService.StartAsync(postgres, "fail");
        var run = await service.TrainAsync();
        await service.StatusAsync(run, "failed");

        (await service.MoveAsync(run, "resume")).ShouldBeProblem(409, "invalid-state").Saying("failed with not-finite, and would again");
    }

    [Fact]
    public async Task A_process_that_cannot_note_itself_fails_the_run()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        var run = await service.TrainAsync();
        await service.StepAsync(run, 2);
        (await service.MoveAsync(run, "pause")).ShouldBe(200);
        await service.StatusAsync(run, "paused");
        var inTheWay = Directory.CreateDirectory(Path.Combine(service.Folder, run, "trainer.pid.part"));

        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        // It was started again and again, twice a second, and ran for ever.
        var failed = await service.StatusAsync(run, "failed");
        inTheWay.Delete();
        service.Untell("slow");
        (await service.MoveAsync(run, "resume")).ShouldBe(200);
        await service.StatusAsync(run, "succeeded");

        failed["failure"]["code"]!.GetValue<string>().ShouldBe("disk");
        failed.Saying(Path.Combine(service.Folder, run, "trainer.pid")).Saying("step-000002").Saying("allow writing there");
    }

    internal static bool IsAlive(int process)
    {
        var stat = $"/proc/{process}/stat";
        return File.Exists(stat) && !File.ReadAllText(stat).Contains(") Z ", StringComparison.Ordinal);
    }

    internal static async Task KillAsync(int process)
    {
        using var kill = Process.Start("kill", ["-KILL", $"{process}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Never done with loading a model.</summary>
    private sealed class BusyEngine : ITextEngine
    {
        public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("It waits for ever.");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
