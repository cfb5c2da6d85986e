using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SPaR.Service.Trainings;

namespace SPaR.Integration.Tests.Training;

/// <summary>What stays of a training, and for how long.</summary>
public sealed class TrainingDeletionTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_deleted_training_takes_its_folder_along_and_frees_its_data_and_its_model()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var run = await service.TrainAsync();
        (await service.Http.DeleteAsync($"/v1/training-runs/{run}")).ShouldBeProblem(409, "invalid-state");
        (await service.Http.DeleteAsync($"/v1/datasets/{service.Dataset}")).ShouldBeProblem(409, "dataset-in-use").Saying(run);
        var model = (await service.StatusAsync(run, "succeeded"))["result"].GetValue<string>();
        var folder = Path.Combine(service.Folder, run);
        File.Exists(Path.Combine(folder, "data.ndjson")).ShouldBeFalse("nothing resumes a training that has succeeded");
        Directory.Exists(folder).ShouldBeTrue();

        (await service.Http.DeleteAsync($"/v1/models/{service.Model}")).ShouldBeProblem(409, "model-in-use").Saying(run);
        (await service.Http.DeleteAsync($"/v1/datasets/{service.Dataset}")).ShouldBe(204);
        (await service.Http.DeleteAsync($"/v1/training-runs/{run}")).ShouldBe(204);
        await SweepAsync(service);

        Directory.Exists(folder).ShouldBeFalse();
        var trained = (await service.Http.GetAsync($"/v1/models/{model}")).ShouldBe(200);
        trained["lineage"]["training_run"]!.GetValue<string>().ShouldBe(run);
        var file = Path.Combine(service.Models, trained["path"].GetValue<string>());
        File.Exists(file).ShouldBeTrue();
        (await service.Http.DeleteAsync($"/v1/models/{model}?file=true")).ShouldBe(204);
        File.Exists(file).ShouldBeFalse();
    }

    [Fact]
    public async Task A_failed_training_keeps_its_folder_for_some_days_and_starts_afresh_after_them()
    {
        await using var service = await TrainingService.StartAsync(postgres, "deaths=9");
        var run = await service.TrainAsync();
        await service.StatusAsync(run, "failed");
        await SweepAsync(service);
        Directory.Exists(Path.Combine(service.Folder, run, "checkpoints")).ShouldBeTrue();

        await service.RestartAsync("--Training:KeepDays=0");
        await SweepAsync(service);
        Directory.Exists(Path.Combine(service.Folder, run)).ShouldBeFalse();
        service.Untell("deaths");
        (await service.MoveAsync(run, "resume")).ShouldBe(200)["step"].GetValue<int>().ShouldBe(0);

        await service.StatusAsync(run, "succeeded");
        (await service.StepsAsync(run)).ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    private static Task SweepAsync(TrainingService service) => service.Http.Parts.GetServices<IHostedService>()
        .OfType<TrainingFolderSweep>().Single().SweepAsync(TestContext.Current.CancellationToken);
}
