using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Finds a request's key: from <c>Authorization: Bearer</c>, otherwise from the login cookie.</summary>
internal sealed class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> scheme, ILoggerFactory logging, UrlEncoder encoder, KeyCheck check,
    IOptions<KeysOptions> options)
    : AuthenticationHandler<AuthenticationSchemeOptions>(scheme, logging, encoder)
{
    public const string SchemeName = "Key";

    private const string Bearer = "Bearer ";

    private Problem? _refusal;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Endpoints that are open to all must answer while the database, and with it every key, is unavailable.
        if (Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return AuthenticateResult.NoResult();
        if (options.Value.Open)
            return Origins.IsForeign(Request) ? Refuse(KeyProblems.ForeignOrigin) : Accept(KeyGrant.OfAnyone(options.Value));
        if (Request.Headers.Authorization is [{ } header, ..])
        {
            var text = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : "";
            var verdict = await check.OfKeyAsync(text, RemoteAddress.Of(Context), Context.RequestAborted);
            return verdict.Grant is { } grant ? Accept(grant) : Refuse(verdict.Problem!);
        }

        if (LoginCookie.Read(Request) is not { } cookie)
            return AuthenticateResult.NoResult();
        // Browsers send the cookie whichever page made the request.
        if (!Origins.IsOwn(Request))
            return Refuse(KeyProblems.ForeignOrigin);
        var (login, session) = await check.OfSessionAsync(cookie, Context.RequestAborted);
        if (login.Grant is not { } granted)
            return Refuse(login.Problem!);
        Context.Features.Set(session);
        return Accept(granted);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_refusal is null or { Status: StatusCodes.Status401Unauthorized } && LoginEndpoints.IsBrowser(Request))
        {
            Response.Redirect(LoginEndpoints.AddressFor(Request));
            return Task.CompletedTask;
        }

        return (_refusal ?? KeyProblems.None).WriteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var endpoint = Context.GetEndpoint()!;
        return (endpoint.ScopeOf() is { } needed
            ? KeyProblems.ScopeMissing(needed, KeyGrant.Of(Context)!.Scope)
            : KeyProblems.Undeclared).WriteAsync(Context);
    }

    private AuthenticateResult Accept(KeyGrant grant)
    {
        Context.Features.Set(grant);
        return AuthenticateResult.Success(new(grant.ToPrincipal(SchemeName), SchemeName));
    }

    private AuthenticateResult Refuse(Problem problem)
    {
        _refusal = problem;
        return AuthenticateResult.Fail(problem.Code);
    }
}
