using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SPaR.Service.Keys;

public static class KeysRegistration
{
    /// <summary>Adds the store of keys and of the audit log. Needs <see cref="StorageRegistration.AddSparStorage"/>.</summary>
    public static IServiceCollection AddSparKeys(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<KeysOptions>().Bind(configuration.GetSection(KeysOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<KeyStore>().AddSingleton<AuditStore>();
    }

    /// <summary>Adds authentication, authorization, rate limits and the audit log to this process.</summary>
    public static IServiceCollection AddSparKeyGuards(this IServiceCollection services, Reach reach)
    {
        services.AddSingleton(reach).AddHostedService<KeyGuard>();
        services.AddSingleton<LoginThrottle>().AddSingleton<KeyCheck>().AddSingleton<AuditTrail>().AddHostedService<AuditSweep>();
        services.AddAuthentication(KeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        services.AddAuthorization(DeclarePolicies);
        return services.AddRateLimiter(RequestLimits.Configure);
    }

    /// <summary>Records changes in the audit log. Must run before any middleware that responds.</summary>
    public static void UseSparAudit(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.RequestServices.GetRequiredService<AuditTrail>().Track(http);
        return next(http);
    });

    /// <summary>Checks keys, scopes and limits. Must run before any protected endpoint.</summary>
    public static void UseSparKeys(this IApplicationBuilder app)
    {
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.Use(async (http, next) =>
        {
            BodyLimits.Lower(http);
            await http.RequestServices.GetRequiredService<AuditTrail>().BeginAsync(http);
            await next(http);
        });
    }

    private static void DeclarePolicies(AuthorizationOptions options)
    {
        foreach (var scope in Enum.GetValues<Scope>())
            options.AddPolicy(
                ScopeConventions.PolicyOf(scope),
                policy => policy.RequireAuthenticatedUser().RequireClaim(
                    KeyGrant.ScopeClaim, Enum.GetValues<Scope>().Where(s => s >= scope).Select(s => s.ToString())));
        // An endpoint that declares no scope is refused to everybody. Where nothing is mapped, any valid key gets a 404.
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser()
            .RequireAssertion(context => context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint).Build();
    }
}
