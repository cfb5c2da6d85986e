using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SPaR.Service.Models;

internal static class ModelsRegistration
{
    /// <summary>Adds what reads and checks model files; every process needs it. The host binds <see cref="ModelsOptions"/>.</summary>
    public static IServiceCollection AddModelFiles(this IServiceCollection services)
    {
        services.TryAddSingleton<ModelFolder>();
        services.TryAddSingleton<FileHashes>();
        services.TryAddSingleton<ModelFiles>();
        return services;
    }
}
