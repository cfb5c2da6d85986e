namespace SPaR.Service.Keys;

/// <summary>The cookie of a login. It holds a secret of its own, never the key.</summary>
internal static class LoginCookie
{
    private const string Name = "spar-login";

    public static string? Read(HttpRequest request) => request.Cookies[Name];

    public static void Write(HttpContext http, string text) => http.Response.Cookies.Append(Name, text, Options(http));

    public static void Delete(HttpContext http) => http.Response.Cookies.Delete(Name, Options(http));

    // Not readable by scripts, not sent from other sites' pages, and gone when the browser closes.
    private static CookieOptions Options(HttpContext http) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = "/",
        IsEssential = true,
    };
}
