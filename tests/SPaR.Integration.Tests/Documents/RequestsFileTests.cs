using System.Net;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Training;
using SPaR.Tests;

namespace SPaR.Integration.Tests.Documents;

/// <summary>Sends every request of docs/requests.http, in its order, to a real service.</summary>
public sealed class RequestsFileTests(PostgresFixture postgres)
{
    /// <summary>Those that create something.</summary>
    private static readonly string[] Creating = ["model", "instructions", "run", "dataset", "training", "items", "evaluation"];

    [Fact]
    public async Task Every_request_is_answered()
    {
        await using var training = await TrainingService.StartAsync(postgres, new ScriptedModel { Poor = "bad" }, null);
        File.Copy(Path.Combine(training.Models, "tiny.gguf"), Path.Combine(training.Models, "my-model.gguf"));
        using var http = new HttpClient();
        var file = new RequestsFile(http, new()
        {
            ["url"] = training.Http.Address.ToString().TrimEnd('/'),
            ["key"] = training.Http.Key,
        });

        var requests = RequestsFile.Read(Repository.Read("docs/requests.http")).ToList();
        requests.Count.ShouldBeGreaterThan(20);
        foreach (var request in requests)
        {
            using var response = await file.SendAsync(request, TestContext.Current.CancellationToken);
            response.StatusCode.ShouldBe(
                Creating.Contains(request.Name) ? HttpStatusCode.Created : HttpStatusCode.OK,
                $"{request.Title}: {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        }
    }
}
