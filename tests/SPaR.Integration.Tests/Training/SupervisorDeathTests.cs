using System.Diagnostics;

namespace SPaR.Integration.Tests.Training;

/// <summary>That training outlives the worker that supervises it, with a worker and a trainer that are processes of their own.</summary>
public sealed class SupervisorDeathTests(PostgresFixture postgres)
{
    /// <summary>400 steps, some seconds.</summary>
    private const string Long =
        """{"learning_rate":2e-5,"batch_size":8,"micro_batch_size":8,"num_train_epochs":100,"save_steps":50,"threads":1}""";

    [Fact]
    public async Task A_trainer_goes_on_when_its_supervisor_is_killed_and_the_next_one_takes_its_model_once()
    {
        await using var service = await TrainingService.StartRealAsync(postgres, works: false);
        var run = await service.TrainAsync(Long);
        string process;
        using (var first = Work(service))
        {
            await service.StepAsync(run, 5);
            process = await service.NoteAsync(run);
            first.Kill();
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var read = (await service.GetAsync(run))["step"].GetValue<int>();
        await UntilStepAsync(service, run, read + 20);
        (await service.GetAsync(run))["step"].GetValue<int>().ShouldBe(read, "nobody reads now");
        using var second = Work(service);
        var ended = await service.StatusAsync(run, "succeeded");
        second.Kill();
        await second.WaitForExitAsync(TestContext.Current.CancellationToken);

        (await service.NoteAsync(run)).ShouldBe(process, "no other process was started");
        ended["restarts"].GetValue<int>().ShouldBe(0);
        (await service.StepsAsync(run)).ShouldBe(Enumerable.Range(1, 400));
        (await service.Http.GetAsync("/v1/models"))["data"].AsArray().Count(m => m!["lineage"]?["training_run"]?.GetValue<string>() == run)
            .ShouldBe(1);
    }

    private static Process Work(TrainingService service) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "worker", $"--ConnectionStrings:Spar={service.Database}",
            $"--Models:Folder={service.Models}", $"--Training:Folder={service.Folder}", "--Jobs:CheckinSeconds=1",
            "--Logging:LogLevel:Default=Warning",
        ])
    { WorkingDirectory = service.Models })!;

    /// <summary>By what the trainer itself has written.</summary>
    private static async Task UntilStepAsync(TrainingService service, string run, int step)
    {
        var metrics = Path.Combine(service.Folder, run, "metrics.ndjson");
        for (var tries = 0; tries < 600; tries++)
        {
            if (File.ReadLines(metrics).Count() >= step)
                return;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"The trainer did not come to step {step} by itself.");
    }
}
