using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using SPaR.Models;
using SPaR.Training;

namespace SPaR.Host;

/// <summary>Binds the settings of <c>appsettings.json</c> to the options of the parts.</summary>
internal static class HostRegistration
{
    public static IServiceCollection AddModels(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ModelsOptions>().Bind(configuration.GetSection(ModelsOptions.Section))
            .Validate(
                models => !string.IsNullOrWhiteSpace(models.Folder),
                "Models:Folder is not set; name the folder that holds the GGUF files.")
            // Relative to where the service was started, not to where its program lies.
            .PostConfigure(models => models.Folder = Directory.CreateDirectory(models.Folder).FullName)
            .ValidateOnStart();
        return services;
    }

    /// <summary>Checks at the start of a worker that its trainings can run on their device.</summary>
    public static IServiceCollection AddTrainingDevice(this IServiceCollection services) =>
        services.AddSingleton<IValidateOptions<TrainerOptions>, TrainingDevice>();

    /// <summary>A worker answers nobody, so it listens nowhere.</summary>
    public static IServiceCollection AddNoServer(this IServiceCollection services) => services.AddSingleton<IServer, NoServer>();

    private sealed class NoServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
