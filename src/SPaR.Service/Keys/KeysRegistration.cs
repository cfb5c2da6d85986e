using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SPaR.Service.Storage;

namespace SPaR.Service.Keys;

public static class KeysRegistration
{
    /// <summary>Adds making and checking keys. Needs <see cref="StorageRegistration.AddSparStorage"/>.</summary>
    public static IServiceCollection AddSparKeys(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<KeysOptions>().Bind(configuration.GetSection(KeysOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<KeyStore>().AddSingleton<AuditStore>();
    }

    /// <summary>Adds what closes the endpoints of this process.</summary>
    public static IServiceCollection AddSparKeyGuards(this IServiceCollection services, Reach reach)
    {
        services.AddSingleton(reach).AddHostedService<KeyGuard>();
        services.AddSingleton<LoginThrottle>().AddSingleton<KeyCheck>().AddSingleton<AuditTrail>().AddHostedService<AuditSweep>();
        services.AddAuthentication(KeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        services.AddAuthorization(DeclarePolicies);
        return services.AddRateLimiter(RequestLimits.Configure);
    }

    /// <summary>Notes what is answered; comes before everything that answers.</summary>
    public static void UseSparAudit(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.RequestServices.GetRequiredService<AuditTrail>().Watch(http);
        return next(http);
    });

    /// <summary>Lets pass who may; comes before everything that is closed.</summary>
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
                    KeyGrant.ScopeClaim, Enum.GetValues<Scope>().Where(had => had >= scope).Select(had => had.ToString())));
        // What is mapped and declares nothing is refused to everybody; where nothing is mapped, any key learns so.
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser()
            .RequireAssertion(asked => asked.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint).Build();
    }
}
