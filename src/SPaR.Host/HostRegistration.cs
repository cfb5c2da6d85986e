using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using SPaR.Models;

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

    /// <summary>Where <c>AllowedHosts</c> is not set and others can reach the service, it may be called by any name: they need a key, which
    /// no page of another name has. On loopback only its own names are taken, so that no page gets through by a name that leads
    /// here.</summary>
    public static IServiceCollection AddSparHostNames(
        this IServiceCollection services, IConfiguration configuration, ListenAddresses listen) =>
        string.IsNullOrWhiteSpace(configuration["AllowedHosts"])
            ? services.Configure<HostFilteringOptions>(
                filter => filter.AllowedHosts = listen.Reachable is null ? ["localhost", "127.0.0.1", "[::1]"] : ["*"])
            : services;

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
