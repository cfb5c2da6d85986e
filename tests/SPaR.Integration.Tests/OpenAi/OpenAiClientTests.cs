// The client calls its fine-tuning "for evaluation only".
#pragma warning disable OPENAI001
using System.ClientModel;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Files;
using OpenAI.FineTuning;
using OpenAI.Models;
using SPaR.Integration.Tests.Training;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>OpenAI's .NET client, unchanged, on the service with the real trainer and the micro-world's model.</summary>
public sealed class OpenAiClientTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_file_becomes_a_DPO_job_and_the_job_a_model()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var client = Connect(service, service.Http.Key);
        var rows = OpenAiRows.Preferences(32);
        OpenAIFile file = await client.GetOpenAIFileClient().UploadFileAsync(
            BinaryData.FromString(rows), "pairs.jsonl", FileUploadPurpose.FineTune);
        (file.Filename, file.SizeInBytesLong, file.Purpose).ShouldBe(("pairs.jsonl", rows.Length, FilePurpose.FineTune));

        var job = await client.GetFineTuningClient().FineTuneAsync(
            service.Model, file.Id, waitUntilCompleted: false, new()
            {
                TrainingMethod = FineTuningTrainingMethod.CreateDirectPreferenceOptimization(
                    HyperparameterBatchSize.CreateSize(8), HyperparameterEpochCount.CreateEpochCount(3),
                    HyperparameterLearningRate.CreateMultiplier(40), HyperparameterBetaFactor.CreateAuto()),
                Suffix = "polite",
                Seed = 7,
                Metadata = { ["team"] = "a" },
            }, TestContext.Current.CancellationToken);
        (job.Seed, job.UserProvidedSuffix, job.TrainingFileId, job.BaseModel).ShouldBe((7, "polite", file.Id, service.Model));
        await EndAsync(job);

        job.Status.ShouldBe(FineTuningStatus.Succeeded);
        // The client reads these two and does not show them.
        var ended = await service.Http.GetAsync($"/openai/v1/fine_tuning/jobs/{job.JobId}");
        var made = ended["fine_tuned_model"].GetValue<string>();
        ended["trained_tokens"].GetValue<long>().ShouldBeGreaterThan(32 * 3 * 10);
        job.Metadata["team"].ShouldBe("a");
        var used = job.MethodHyperparameters.ShouldBeOfType<HyperparametersForDPO>();
        (used.EpochCount, used.BatchSize, used.LearningRateMultiplier, used.Beta).ShouldBe((3, 8, 40, 0.1f));
        await CheckEventsAsync(job);
        await CheckResultAsync(client, job);
        var checkpoint = (await ListAsync(job.GetCheckpointsAsync())).ShouldHaveSingleItem();
        (checkpoint.ModelId, checkpoint.StepNumber, checkpoint.JobId).ShouldBe((made, 12, job.JobId));
        await CheckModelAsync(service, client, job, made);
        (await ListAsync(client.GetFineTuningClient().GetJobsAsync())).Select(j => j.JobId).ShouldContain(job.JobId);
        OpenAIFileCollection files = await client.GetOpenAIFileClient().GetFilesAsync(TestContext.Current.CancellationToken);
        files.Select(f => f.Id).ShouldContain(file.Id);
        FileDeletionResult deleted = await client.GetOpenAIFileClient().DeleteFileAsync(
            file.Id, TestContext.Current.CancellationToken);
        deleted.Deleted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_validation_file_is_evaluated_after_each_epoch()
    {
        await using var service = await TrainingService.StartRealAsync(postgres);
        var client = Connect(service, service.Http.Key);
        var rows = OpenAiRows.Preferences(40).TrimEnd().Split('\n');
        var training = await UploadAsync(client, rows[..32]);
        var validation = await UploadAsync(client, rows[32..]);

        var job = await client.GetFineTuningClient().FineTuneAsync(
            service.Model, training, waitUntilCompleted: false, new()
            {
                TrainingMethod = FineTuningTrainingMethod.CreateDirectPreferenceOptimization(
                    HyperparameterBatchSize.CreateSize(8), HyperparameterEpochCount.CreateEpochCount(2)),
                ValidationFile = validation,
            }, TestContext.Current.CancellationToken);
        job.ValidationFileId.ShouldBe(validation);
        await EndAsync(job);

        job.Status.ShouldBe(FineTuningStatus.Succeeded);
        var losses = (await ListAsync(job.GetEventsAsync(new() { PageSize = 20 }))).Where(e => e.Kind == FineTuningJobEventKind.Metrics)
            .Select(e => JsonNode.Parse(e.Data.ToString())!).Where(d => d["full_valid_loss"] is not null)
            .ToDictionary(d => d["step"]!.GetValue<int>(), d => d["full_valid_loss"]!.GetValue<double>());
        losses.Keys.Order().ShouldBe([4, 8]);
        var checkpoint = (await ListAsync(job.GetCheckpointsAsync())).ShouldHaveSingleItem();
        checkpoint.Metrics.FullValidLoss.ShouldNotBeNull().ShouldBe((float)losses[8], 1e-6f);
        checkpoint.Metrics.ValidLoss.ShouldNotBeNull().ShouldBe((float)losses[8], 1e-6f);
    }

    [Fact]
    public async Task Its_errors_are_read_by_the_client()
    {
        await using var service = await TrainingService.StartAsync(postgres);
        var client = Connect(service, service.Http.Key);
        var nobody = Connect(service, "sk-none");

        (await FailureAsync(() => nobody.GetOpenAIModelClient().GetModelsAsync(TestContext.Current.CancellationToken)))
            .ShouldBe((401, "invalid_api_key"));
        (await FailureAsync(() => client.GetOpenAIModelClient().GetModelAsync("gpt-4o", TestContext.Current.CancellationToken)))
            .ShouldBe((404, "not_found"));
        (await FailureAsync(() => client.GetFineTuningClient().FineTuneAsync(
            "gpt-4o", "file-abc", waitUntilCompleted: false, cancellationToken: TestContext.Current.CancellationToken)))
            .ShouldBe((400, "invalid_job"));
        (await FailureAsync(() => client.GetOpenAIFileClient().UploadFileAsync(
            BinaryData.FromString("{}"), "a.jsonl", FileUploadPurpose.Vision))).ShouldBe((400, "invalid_file"));
    }

    private static OpenAIClient Connect(TrainingService service, string key) => new(
        new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new(service.Http.Address, "openai/v1") });

    private static async Task<string> UploadAsync(OpenAIClient client, string[] rows) =>
        ((OpenAIFile)await client.GetOpenAIFileClient().UploadFileAsync(
            BinaryData.FromString(string.Join('\n', rows)), "rows.jsonl", FileUploadPurpose.FineTune)).Id;

    private static async Task EndAsync(FineTuningJob job)
    {
        while (job.Status != FineTuningStatus.Succeeded && job.Status != FineTuningStatus.Failed)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
            await job.UpdateStatusAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task CheckEventsAsync(FineTuningJob job)
    {
        // In pages, and each event once.
        var events = await ListAsync(job.GetEventsAsync(new() { PageSize = 5 }));
        events.Select(e => e.Id).Distinct().Count().ShouldBe(events.Count);
        events.Count.ShouldBe(12 + 4);
        events[^1].Message.ShouldStartWith("Created fine-tuning job");
        events[0].Message.ShouldBe("The job has successfully completed");
        var step = events[^3];
        (step.Kind, step.Message.StartsWith("Step 1/12: training loss=", StringComparison.Ordinal))
            .ShouldBe((FineTuningJobEventKind.Metrics, true));
        JsonNode.Parse(step.Data.ToString())!["rewards/margins"].ShouldNotBeNull();
    }

    private static async Task CheckResultAsync(OpenAIClient client, FineTuningJob job)
    {
        var files = client.GetOpenAIFileClient();
        OpenAIFile result = await files.GetFileAsync(job.ResultFileIds.ShouldHaveSingleItem(), TestContext.Current.CancellationToken);
        BinaryData csv = await files.DownloadFileAsync(result.Id, TestContext.Current.CancellationToken);
        csv.ToArray().Length.ShouldBe((int)result.SizeInBytesLong!);
        var lines = csv.ToString().TrimEnd().Split('\n');
        lines.Length.ShouldBe(13);
        lines[0].Split(',').ShouldContain("train_loss");
    }

    private static async Task CheckModelAsync(TrainingService service, OpenAIClient client, FineTuningJob job, string made)
    {
        var models = client.GetOpenAIModelClient();
        OpenAIModel model = await models.GetModelAsync(made, TestContext.Current.CancellationToken);
        model.Id.ShouldBe(made);
        OpenAIModelCollection all = await models.GetModelsAsync(TestContext.Current.CancellationToken);
        all.Select(m => m.Id).ShouldBe([model.Id, service.Model]);
        var ours = (await service.Http.GetAsync($"/v1/models/{model.Id}")).ShouldBe(200);
        ours["name"].GetValue<string>().ShouldBe($"ft:micro:polite:{job.JobId[^8..]}");
        // It is a model of its own, so another job can start from it.
        var next = await client.GetFineTuningClient().FineTuneAsync(
            model.Id, job.TrainingFileId, waitUntilCompleted: false, cancellationToken: TestContext.Current.CancellationToken);
        await next.CancelAndUpdateAsync(TestContext.Current.CancellationToken);
        next.Status.ShouldBe(FineTuningStatus.Cancelled);
        (await FailureAsync(() => models.DeleteModelAsync(service.Model, TestContext.Current.CancellationToken))).Status.ShouldBe(400);
    }

    private static async Task<List<T>> ListAsync<T>(AsyncCollectionResult<T> pages)
    {
        var list = new List<T>();
        await foreach (var item in pages)
            list.Add(item);
        return list;
    }

    private static async Task<(int Status, string Code)> FailureAsync<T>(Func<Task<T>> ask)
    {
        var failure = await Should.ThrowAsync<ClientResultException>(ask);
        var error = JsonNode.Parse(failure.GetRawResponse()!.Content.ToString())!["error"]!;
        error["message"]!.GetValue<string>().ShouldNotBeEmpty();
        return (failure.Status, error["code"]!.GetValue<string>());
    }
}
