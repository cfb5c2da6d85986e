using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using SPaR.Service;
using SPaR.Service.Datasets;
using SPaR.Service.Models;
using SPaR.Service.Trainings;
using SPaR.Service.Worker;

namespace SPaR.Host;

/// <summary>Registers what depends on the host's settings.</summary>
internal static class HostRegistration
{
    public static IServiceCollection AddModels(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ModelsOptions>().Bind(configuration.GetSection(ModelsOptions.Section))
            .Validate(
                models => !string.IsNullOrWhiteSpace(models.Folder), "Models:Folder is not set; set it to the folder of the GGUF files.")
            .Validate(
                models => string.IsNullOrEmpty(models.Source)
                    || (Uri.TryCreate(models.Source, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"),
                "Models:Source is not a valid address; write it as http://machine:8765.")
            // Relative to the working directory, not to the program's folder.
            .PostConfigure(models => models.Folder = Directory.CreateDirectory(models.Folder).FullName)
            .ValidateOnStart();
        return services;
    }

    public static IServiceCollection AddDatasets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DatasetsOptions>().Bind(configuration.GetSection(DatasetsOptions.Section))
            .Validate(
                datasets => !string.IsNullOrWhiteSpace(datasets.Folder),
                "Datasets:Folder is empty; set it to a folder for files that are made of datasets.")
            .ValidateOnStart();
        return services;
    }

    /// <summary>The default of <c>AllowedHosts</c>. A service that other machines can reach accepts any host name: its clients need a key,
    /// which foreign pages do not have. On loopback it accepts only its own names, against DNS rebinding.</summary>
    public static IServiceCollection AddSparHostNames(
        this IServiceCollection services, IConfiguration configuration, ListenAddresses listen) =>
        services.Configure<HostFilteringOptions>(filter =>
        {
            if (string.IsNullOrWhiteSpace(configuration["AllowedHosts"]))
                filter.AllowedHosts = listen.Reachable is null ? ["localhost", "127.0.0.1", "[::1]"] : ["*"];
            // A problem instead.
            filter.IncludeFailureMessage = false;
        });

    /// <summary>Has every error answered as a problem, also by the framework's filter of host names, which runs before the
    /// application.</summary>
    public static IServiceCollection AddSparProblems(this IServiceCollection services)
    {
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, Outermost>());
        return services;
    }

    /// <summary>A worker runs conversions, and trainings if it has the device, unless it downloads its models from a service on another
    /// machine: that service could not register the results.</summary>
    /// <exception cref="StartupException">Models:Source is set for a service that serves HTTP.</exception>
    public static IServiceCollection AddTrainings(this IServiceCollection services, IConfiguration configuration, bool serves)
    {
        if (configuration["Models:Source"] is not { Length: > 0 } source)
            return services.AddSparConversionWorker().AddSparTrainingWorker()
                .AddSingleton<IValidateOptions<TrainerOptions>, TrainingDevice>();
        return serves
            ? throw new StartupException($"Models:Source is '{source}', which is for workers; start this one with --role worker.")
            : services;
    }

    /// <summary>A worker does not serve HTTP, so it must not listen.</summary>
    public static IServiceCollection AddNoServer(this IServiceCollection services) => services.AddSingleton<IServer, NoServer>();

    /// <summary>A process without HTTP writes its health to this file, if one is set.</summary>
    public static IServiceCollection AddHeartbeat(this IServiceCollection services, string? file) => string.IsNullOrWhiteSpace(file)
        ? services
        : services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Heartbeat>(provider, Path.GetFullPath(file)));

    private sealed class Outermost : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseSparProblems();
            next(app);
        };
    }

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
