using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>The page where a browser turns a key into a cookie, so that the pages of the service can be used from it.</summary>
internal static class LoginEndpoints
{
    private const string Address = "/login", Home = "/";

    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    private const long LongestForm = 16 << 10;

    private static readonly string Page = ReadPage();

    public static void MapLogin(this IEndpointRouteBuilder app)
    {
        app.MapGet(Address, (HttpContext http, [FromQuery(Name = "return")] string? back) => Show(http, back, null))
            .OpenToAll().ExcludeFromDescription();
        app.MapPost(Address, LogInAsync).OpenToAll().ExcludeFromDescription();
        app.MapPost("/logout", LogOutAsync).RequireScope(Scope.Read).ExcludeFromDescription();
    }

    /// <summary>Whether a person looks at what is answered, rather than a program.</summary>
    internal static bool IsBrowser(HttpRequest request) => HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) is true);

    /// <returns>Where to log in, to come back to where this request leads.</returns>
    internal static string AddressFor(HttpRequest request) =>
        $"{Address}?return={Uri.EscapeDataString(request.PathBase + request.Path + request.QueryString)}";

    private static async Task<IResult> LogInAsync(HttpContext http, KeyCheck check, KeyStore store, CancellationToken cancellationToken)
    {
        if (!Origins.IsOwn(http.Request))
            return new Refused(KeyProblems.ForeignOrigin);
        if (!http.Request.HasFormContentType)
            return new Refused(new(
                StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type",
                "A login is a form with the field key; programs send the key as Authorization: Bearer and need no login."));
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = LongestForm;
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var back = form["return"].ToString();
        var verdict = await check.OfKeyAsync(form["key"].ToString().Trim(), RemoteAddress.Of(http), cancellationToken);
        if (verdict.Key is not { } key)
        {
            http.Response.StatusCode = verdict.Problem!.Status;
            http.Response.Headers.RetryAfter = verdict.Problem.RetryAfter?.ToString(CultureInfo.InvariantCulture);
            return Show(http, back, verdict.Problem.Detail);
        }

        http.Features.Set(verdict.Grant);
        LoginCookie.Write(http, await store.LogInAsync(key, cancellationToken));
        // Another address than one of ours would make the login a stepping stone to anywhere.
        return new SeeOther(RedirectHttpResult.IsLocalUrl(back) ? back : Home);
    }

    private static async Task<SeeOther> LogOutAsync(HttpContext http, KeyStore store, CancellationToken cancellationToken)
    {
        if (http.Features.Get<KeySession>() is { } session)
            await store.LogOutAsync(session, cancellationToken);
        LoginCookie.Delete(http);
        return new(Address);
    }

    private static ContentHttpResult Show(HttpContext http, string? back, string? fault)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.CacheControl = "no-store";
        var page = Page.Replace("{return}", WebUtility.HtmlEncode(back ?? Home), StringComparison.Ordinal)
            .Replace("{fault}", WebUtility.HtmlEncode(fault ?? ""), StringComparison.Ordinal);
        return TypedResults.Content(page, "text/html; charset=utf-8", statusCode: http.Response.StatusCode);
    }

    private static string ReadPage()
    {
        using var reader = new StreamReader(typeof(LoginEndpoints).Assembly.GetManifestResourceStream("login.html")!);
        return reader.ReadToEnd();
    }

    internal sealed record Refused(Problem Problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext);
    }

    /// <summary>303: whatever the request was, what follows is a GET.</summary>
    internal sealed record SeeOther(string Address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = Address;
            return Task.CompletedTask;
        }
    }
}
