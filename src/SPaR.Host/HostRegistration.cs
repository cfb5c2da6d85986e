using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using SPaR.Service.Models;
using SPaR.Service.Trainings;

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
            .Validate(
                models => string.IsNullOrEmpty(models.Source)
                    || (Uri.TryCreate(models.Source, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"),
                "Models:Source is no address of a service; write it as http://machine:8765.")
            // Relative to where the service was started, not to where its program lies.
            .PostConfigure(models => models.Folder = Directory.CreateDirectory(models.Folder).FullName)
            .ValidateOnStart();
        return services;
    }

    /// <summary>Where <c>AllowedHosts</c> is not set and others can reach the service, it may be called by any name: they need a key, which
    /// no page of another name has. On loopback only its own names are taken, so that no page gets through by a name that leads
    /// here.</summary>
    public static IServiceCollection AddSparHostNames(
        this IServiceCollection services, IConfiguration configuration, ListenAddresses listen) =>
        string.IsNullOrWhiteSpace(configuration["AllowedHosts"])
            ? services.Configure<HostFilteringOptions>(
                filter => filter.AllowedHosts = listen.Reachable is null ? ["localhost", "127.0.0.1", "[::1]"] : ["*"])
            : services;

    /// <summary>A worker takes trainings, if its device is there, unless it has its models from another machine's service: that could not
    /// register what is made here.</summary>
    /// <exception cref="StartupException">A service that answers is told to have its models from another.</exception>
    public static IServiceCollection AddTrainings(this IServiceCollection services, IConfiguration configuration, bool answers)
    {
        if (configuration["Models:Source"] is not { Length: > 0 } source)
            return services.AddSparTrainingWorker().AddSingleton<IValidateOptions<TrainerOptions>, TrainingDevice>();
        return answers
            ? throw new StartupException($"Models:Source is '{source}', which is for workers; start this one with --role worker.")
            : services;
    }

    /// <summary>A worker answers nobody, so it listens nowhere.</summary>
    public static IServiceCollection AddNoServer(this IServiceCollection services) => services.AddSingleton<IServer, NoServer>();

    /// <summary>What does not answer HTTP says in a file how it is, where one is set.</summary>
    public static IServiceCollection AddPulse(this IServiceCollection services, string? file) => string.IsNullOrWhiteSpace(file)
        ? services
        : services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Heartbeat>(provider, Path.GetFullPath(file)));

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
