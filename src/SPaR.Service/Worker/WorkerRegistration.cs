using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Service.Conversions;
using SPaR.Service.Evaluations;
using SPaR.Service.Events;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Live;
using SPaR.Service.Models;
using SPaR.Service.Rounds;
using SPaR.Service.Runs;

namespace SPaR.Service.Worker;

public static class WorkerRegistration
{
    /// <summary>Adds what creates and moves runs and evaluations; every process needs it.</summary>
    public static IServiceCollection AddSparRuns(this IServiceCollection services)
    {
        services.TryAddSingleton<RoundLifecycle>();
        services.TryAddSingleton<RunLifecycle>();
        services.TryAddSingleton<EvaluationLifecycle>();
        services.TryAddSingleton<ConversionLifecycle>();
        services.TryAddSingleton<ConversionFiles>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobDescriber, RunJobDescriber>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobDescriber, EvaluateJobDescriber>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobDescriber, ConvertJobDescriber>());
        return services;
    }

    /// <summary>Adds what works on runs and evaluations. Needs storage, jobs, an engine and <see cref="ModelsOptions"/>; options come from
    /// the section <c>Worker</c>.</summary>
    public static IServiceCollection AddSparWorker(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WorkerOptions>().Bind(configuration.GetSection(WorkerOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSparRuns();
        services.AddSingleton<LeaseStore>();
        services.AddModelFiles().AddSingleton<ModelSource>().AddSingleton<ModelCache>().AddSingleton<RunModelLoader>();
        services.AddSingleton<WorkerSlots>();
        services.AddSingleton<WorkSlice>();
        services.AddSingleton<RunWorkSlice>();
        services.AddSingleton<EvaluationStore>();
        services.AddSingleton<EvaluationWorkSlice>();
        services.AddJobHandler<RunJob>(JobKinds.Run);
        services.AddJobHandler<EvaluateJob>(JobKinds.Evaluate);
        services.AddRunSignals();
        services.AddLiveOptions(configuration).AddSingleton<LiveWorkStore>().AddSingleton<LiveRefinement>().AddSingleton<LiveCompletion>()
            .AddSingleton<LiveWork>().AddHostedService<LiveWorker>();
        services.AddHostedService<LeaseHeartbeat>();
        services.AddSingleton<ActivityReport>();
        services.AddHostedService(provider => provider.GetRequiredService<ActivityReport>());
        services.AddHostedService<RunOrphanScan>();
        services.AddHostedService<EvaluationOrphanScan>();
        return services;
    }

    /// <summary>Adds what converts models and registers the results, so it needs the models folder of the service, and
    /// <see cref="AddSparWorker"/>.</summary>
    public static IServiceCollection AddSparConversionWorker(this IServiceCollection services) => services
        .AddSingleton<PerplexityMeter>().AddJobHandler<ConvertJob>(JobKinds.Convert).AddHostedService<ConversionOrphanScan>();
}
