using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Evaluation;
using SPaR.Jobs;
using SPaR.Models;

namespace SPaR.Runs;

public static class WorkerRegistration
{
    /// <summary>Adds what makes and moves runs and evaluations; every process needs it.</summary>
    public static IServiceCollection AddSparRuns(this IServiceCollection services)
    {
        services.TryAddSingleton<RunLifecycle>();
        services.TryAddSingleton<EvaluationLifecycle>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobStory, RunJobStory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobStory, EvaluateJobStory>());
        return services;
    }

    /// <summary>Adds what works on runs and evaluations. Needs storage, jobs and an engine; options come from the sections <c>Worker</c> and, for the
    /// folder and where its files are from, <c>Models</c>.</summary>
    public static IServiceCollection AddSparWorker(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WorkerOptions>().Bind(configuration.GetSection(WorkerOptions.Section))
            .PostConfigure(options =>
            {
                if (options.ModelsFolder.Length == 0)
                    options.ModelsFolder = configuration["Models:Folder"] ?? "";
            })
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSparRuns();
        services.TryAddSingleton(new ItemWork(SelfPlay.WalkAsync, SelfPlay.PreflightAsync));
        services.AddSingleton<LeaseStore>();
        services.AddSingleton<ModelSource>().AddSingleton<ModelCache>().AddSingleton<PlayerStore>();
        services.AddSingleton<WorkerDesk>();
        services.AddSingleton<RunShare>();
        services.AddSingleton<EvaluationShare>();
        services.AddSingleton<EvaluationStore>();
        services.AddSingleton<ItemShare>();
        services.AddJobHandler<RunJob>(RunJob.JobKind);
        services.AddJobHandler<EvaluateJob>(EvaluateJob.JobKind);
        services.AddSingleton<RunSignals>();
        services.AddHostedService(provider => provider.GetRequiredService<RunSignals>());
        services.AddHostedService<LeaseKeeper>();
        services.AddHostedService<RunWatch>();
        services.AddHostedService<EvaluationWatch>();
        return services;
    }
}
