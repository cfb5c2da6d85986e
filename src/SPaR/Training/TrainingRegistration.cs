using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Jobs;
using SPaR.Models;

namespace SPaR.Training;

public static class TrainingRegistration
{
    /// <summary>Adds what makes, shows and moves training runs, and what describes a model's file; every process that answers or works
    /// needs it. Options come from the
    /// section <c>Training</c>.</summary>
    public static IServiceCollection AddSparTraining(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TrainerOptions>().Bind(configuration.GetSection(TrainerOptions.Section))
            // Relative to where the service was started, not to where its program lies.
            .PostConfigure(options => options.Folder = options.Folder.Length == 0 ? "" : Path.GetFullPath(options.Folder))
            .ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<TrainingLifecycle>();
        services.TryAddSingleton<TrainingOwnerStore>();
        services.TryAddSingleton<TrainingPlace>();
        services.TryAddSingleton<ModelIntake>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobStory, TrainJobStory>());
        return services;
    }

    /// <summary>Adds what supervises training runs. Needs storage, jobs, models, an engine and
    /// <see cref="AddSparTraining"/>.</summary>
    public static IServiceCollection AddSparTrainingWorker(this IServiceCollection services)
    {
        services.AddSingleton<TrainingDesk>();
        services.AddSingleton<TrainingMetricStore>();
        services.AddSingleton<TrainingIntake>();
        services.AddSingleton<TrainingHarvest>();
        services.AddSingleton<TrainingKeeper>();
        services.AddJobHandler<TrainJob>(TrainJob.JobKind);
        services.AddHostedService<TrainingWatch>();
        return services;
    }
}
