using SPaR.Method.Input;

namespace SPaR.Service.Models;

/// <summary>Reads the SHA-256 that a client announces for a body. Pure.</summary>
internal static class ModelDigest
{
    private const int Bytes = 32;

    private const string Algorithm = "sha-256=";

    /// <param name="digits">Hexadecimal; null if it was not given.</param>
    /// <param name="header">Content-Digest (RFC 9530): a list of <c>algorithm=:base64:</c>; null if it was not given.</param>
    /// <param name="sha256">Lower-case hexadecimal digits; null if none was given.</param>
    /// <returns>Null if it can be read.</returns>
    public static FieldError? Read(string? digits, string? header, out string? sha256)
    {
        sha256 = digits?.ToLowerInvariant();
        if (digits is not null && !(digits.Length == 2 * Bytes && digits.All(char.IsAsciiHexDigit)))
            return new("sha256", $"must be {2 * Bytes} hexadecimal digits.");
        var given = header?.Split(',', StringSplitOptions.TrimEntries)
            .FirstOrDefault(part => part.StartsWith(Algorithm, StringComparison.OrdinalIgnoreCase));
        if (given is null)
            return null;
        var value = given[Algorithm.Length..];
        var hash = new byte[Bytes];
        if (!(value is [':', .., ':'] && Convert.TryFromBase64String(value[1..^1], hash, out var length) && length == Bytes))
            return new("Content-Digest", "must have sha-256 as sha-256=:BASE64:.");
        var other = Convert.ToHexStringLower(hash);
        if (sha256 is not null && sha256 != other)
            return new("sha256", "differs from Content-Digest.");
        sha256 = other;
        return null;
    }
}
