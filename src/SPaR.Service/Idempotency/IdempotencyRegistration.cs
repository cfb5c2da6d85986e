using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SPaR.Service.Idempotency;

public static class IdempotencyRegistration
{
    /// <summary>Adds the store of requests with an <c>Idempotency-Key</c>, and what writes it with their changes.</summary>
    public static IServiceCollection AddSparIdempotency(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IdempotencyOptions>().Bind(configuration.GetSection(IdempotencyOptions.Section)).ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddHttpContextAccessor().AddSingleton<IInterceptor, RequestRecorder>().AddHostedService<IdempotencySweep>();
        return services.AddSingleton<StoredRequests>().AddSingleton<LostAnswers>().AddSingleton<IdempotencyGuard>();
    }

    /// <summary>Must run after the caller was checked and before anything reads the body.</summary>
    public static void UseSparIdempotency(this IApplicationBuilder app) => app.Use(
        (http, next) => http.RequestServices.GetRequiredService<IdempotencyGuard>().HandleAsync(http, next));
}
