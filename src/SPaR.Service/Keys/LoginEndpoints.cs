using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>The login page: exchanges a key for a cookie, so that a browser can use the service's pages.</summary>
internal static class LoginEndpoints
{
    private const string Address = "/login", Home = "/";

    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    private const long MaxFormBytes = 16 << 10;

    private static readonly string Page = ReadPage();

    public static void MapLogin(this IEndpointRouteBuilder app)
    {
        app.MapGet(Address, (HttpContext http, [FromQuery(Name = "return")] string? back) => Show(http, back, null))
            .OpenToAll().ExcludeFromDescription();
        app.MapPost(Address, LogInAsync).OpenToAll().ExcludeFromDescription();
        app.MapPost("/logout", LogOutAsync).RequireScope(Scope.Read).ExcludeFromDescription();
    }

    /// <summary>Whether the request comes from a browser rather than a program.</summary>
    internal static bool IsBrowser(HttpRequest request) => HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) is true);

    /// <returns>Address of the login page that returns to this request's address.</returns>
    internal static string AddressFor(HttpRequest request) =>
        $"{Address}?return={Uri.EscapeDataString(request.PathBase + request.Path + request.QueryString)}";

    private static async Task<IResult> LogInAsync(HttpContext http, KeyCheck check, KeyStore store, CancellationToken cancellationToken)
    {
        if (!Origins.IsOwn(http.Request))
            return new Refused(KeyProblems.ForeignOrigin);
        if (!http.Request.HasFormContentType)
            return new Refused(new(
                StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type",
                "Send the login as a form with the field key. Programs need no login: they send the key as Authorization: Bearer."));
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MaxFormBytes;
        IFormCollection form;
        try
        {
            form = await http.Request.ReadFormAsync(cancellationToken);
        }
        catch (InvalidDataException e)
        {
            return new Refused(new(StatusCodes.Status400BadRequest, "invalid-form", $"The form cannot be read: {e.Message}"));
        }

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
        // Only local addresses: anything else would make this an open redirect.
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

    /// <summary>303: the client follows with a GET, whatever the request was.</summary>
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
