namespace SPaR.Integration.Tests.Training;

/// <summary>That a training run stays with the machine that began it, until somebody says that this machine is lost.</summary>
public sealed class TrainingDirectoryTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_worker_on_another_machine_leaves_a_run_alone_until_it_is_released()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        await service.RestartAsync("--Training:Machine=alpha");
        var run = await service.TrainAsync();
        await service.StepAsync(run, 2);
        (await service.MoveAsync(run, "release")).ShouldBeProblem(409, "invalid-state").Saying("'alpha' supervises");
        var elsewhere = Directory.CreateTempSubdirectory("spar-elsewhere-").FullName;

        await service.RestartAsync("--Training:Machine=beta", $"--Training:Folder={elsewhere}");
        // The watch of a worker looks every two seconds.
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        var alone = await service.GetAsync(run);
        Directory.Exists(Path.Combine(elsewhere, run)).ShouldBeFalse("it trained a second time, beside the first process");
        await TrainingEndTests.KillAsync(await service.ProcessAsync(run));
        (await service.MoveAsync(run, "release")).ShouldBe(200)["step"].GetValue<int>().ShouldBe(0);
        var ended = await service.StatusAsync(run, "succeeded");

        alone["status"].GetValue<string>().ShouldBe("running");
        alone["worker"]["machine"]!.GetValue<string>().ShouldBe("alpha");
        alone["worker"]["folder"]!.GetValue<string>().ShouldBe(await File.ReadAllTextAsync(Path.Combine(service.Folder, "folder.id")));
        alone["detail"].GetValue<string>().ShouldContain("belongs to the machine 'alpha'");
        alone["detail"].GetValue<string>().ShouldContain($"POST /v1/training-runs/{run}/release");
        ended["worker"]["machine"]!.GetValue<string>().ShouldBe("beta");
        ended.Json["detail"].ShouldBeNull();
        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
        (await service.MoveAsync(run, "release")).ShouldBeProblem(409, "invalid-state").Saying("succeeded");
        Directory.Delete(elsewhere, recursive: true);
    }

    [Fact]
    public async Task A_cancelled_run_of_a_lost_machine_ends_when_it_is_released()
    {
        await using var service = await TrainingService.StartAsync(postgres, "slow");
        var run = await service.TrainAsync();
        await service.StepAsync(run, 2);
        var elsewhere = Directory.CreateTempSubdirectory("spar-elsewhere-").FullName;
        await service.RestartAsync($"--Training:Folder={elsewhere}");
        await TrainingEndTests.KillAsync(await service.ProcessAsync(run));

        (await service.MoveAsync(run, "cancel")).ShouldBe(200);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        (await service.GetAsync(run))["status"].GetValue<string>().ShouldBe("cancelling");
        (await service.Http.GetAsync($"/v1/training-runs/{run}/checkpoints")).ShouldBeProblem(409, "checkpoints-elsewhere");
        (await service.MoveAsync(run, "release")).ShouldBe(200);

        await service.StatusAsync(run, "cancelled");
        Directory.Delete(elsewhere, recursive: true);
    }
}
