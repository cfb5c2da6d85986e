using Microsoft.Extensions.DependencyInjection;
using SPaR.Integration.Tests.Compliance;
using SPaR.Jobs;

namespace SPaR.Integration.Tests.Jobs.Hangfire;

public sealed class HangfireJobQueueTests(PostgresFixture postgres) : JobQueueCompliance(postgres)
{
    protected override void Add(IServiceCollection services, string connectionString, bool serve, Action<JobOptions> configure) =>
        services.AddSparJobs(connectionString, serve, configure);
}
