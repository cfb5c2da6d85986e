using System.Net;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Jobs.Quartz;

public sealed class JobPageTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("/hangfire")]
    [InlineData("/hangfire/jobs/processing")]
    public async Task Where_the_queue_has_no_page_of_its_own_one_is_led_to_the_services(string path)
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        using var answer = await service.Client.GetAsync(path, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Found);
        answer.Headers.Location!.OriginalString.ShouldBe("/");
    }
}
