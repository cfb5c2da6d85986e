using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SPaR.Llama.Inspection;
using SPaR.Llama.Models;
using SPaR.Llama.Processes;

namespace SPaR.Llama;

public static class LlamaRegistration
{
    /// <summary>For a process that generates text: <see cref="ITextEngine"/> and <see cref="IModelInspector"/>.</summary>
    /// <param name="section">Bound to <see cref="LlamaOptions"/>, and validated when the host starts.</param>
    public static IServiceCollection AddLlamaEngine(this IServiceCollection services, IConfiguration section)
    {
        services.AddSingleton<ITextEngine, ProcessEngine>();
        services.AddHostedService<EngineCheck>();
        return services.AddLlamaInspector(section);
    }

    /// <summary>For a process that only checks model files: managed code, no native library.</summary>
    /// <param name="section">As for <see cref="AddLlamaEngine"/>.</param>
    public static IServiceCollection AddLlamaInspector(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptions<LlamaOptions>().Bind(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LlamaOptions>, LlamaOptionsValidator>();
        return services.AddSingleton<IModelInspector, GgufInspector>().AddSingleton<IEngineMemory, EngineMemory>();
    }

    private sealed class LlamaOptionsValidator : IValidateOptions<LlamaOptions>
    {
        public ValidateOptionsResult Validate(string? name, LlamaOptions options) =>
            options.Validate() is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }
}
