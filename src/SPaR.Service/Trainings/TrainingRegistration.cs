using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Service.Jobs;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

public static class TrainingRegistration
{
    /// <summary>Adds what creates, shows and moves training runs, and what describes a model's file; every API process and every worker
    /// needs it, and an <c>ITrainingInspector</c>. Options come from the section <c>Training</c>.</summary>
    public static IServiceCollection AddSparTraining(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TrainerOptions>().Bind(configuration.GetSection(TrainerOptions.Section))
            // Relative to where the service was started, not to its program.
            .PostConfigure(options => options.Folder = options.Folder.Length == 0 ? "" : Path.GetFullPath(options.Folder))
            .ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<TrainingLifecycle>();
        services.TryAddSingleton<TrainingOwnerStore>();
        services.TryAddSingleton<TrainingDirectory>();
        services.TryAddSingleton<TrainableModels>();
        services.AddModelFiles().TryAddSingleton<ModelIntake>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobDescriber, TrainJobDescriber>());
        return services;
    }

    /// <summary>Adds what supervises training runs. Needs storage, jobs, models, an engine and
    /// <see cref="AddSparTraining"/>.</summary>
    public static IServiceCollection AddSparTrainingWorker(this IServiceCollection services)
    {
        services.AddSingleton<TrainingSlots>();
        services.AddSingleton<TrainingMetricStore>();
        services.AddSingleton<TrainingIntake>();
        services.AddSingleton<TrainingResultImporter>();
        services.AddSingleton<TrainingSupervisor>();
        services.AddJobHandler<TrainJob>(JobKinds.Train);
        services.AddHostedService<TrainingOrphanScan>();
        services.AddHostedService<TrainingFolderSweep>();
        return services;
    }
}
