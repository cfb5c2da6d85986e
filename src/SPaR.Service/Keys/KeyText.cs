using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Service.Keys;

/// <summary>The text of a key or login, <c>spar_ID_SECRET</c>: the digits of an id and 32 random bytes in base64url. Does not know what is
/// stored.</summary>
/// <param name="Digits">The id without its prefix.</param>
/// <param name="Hash">SHA-256 of the secret's bytes.</param>
public sealed record KeyText(string Digits, byte[] Hash)
{
    private const string Prefix = "spar_";
    private const int IdDigits = 32, SecretBytes = 32;

    /// <summary>Compared with if there is no such id, so that an unknown id takes the same time.</summary>
    private static readonly byte[] Nobody = SHA256.HashData(Encoding.UTF8.GetBytes("nobody's secret"));

    /// <param name="id">From <c>Ids.New</c>.</param>
    /// <returns>The text, which exists nowhere else, and the parts to store.</returns>
    public static (string Text, KeyText Parts) New(string id)
    {
        var digits = id[^IdDigits..];
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        return ($"{Prefix}{digits}_{Base64Url.EncodeToString(secret)}", new(digits, SHA256.HashData(secret)));
    }

    /// <returns>Null if the text does not have this form.</returns>
    public static KeyText? Read(string text)
    {
        var secretAt = Prefix.Length + IdDigits + 1;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length != secretAt + Base64Url.GetEncodedLength(SecretBytes)
            || text[secretAt - 1] != '_')
            return null;
        var digits = text[Prefix.Length..(secretAt - 1)];
        var secret = new byte[SecretBytes];
        return digits.All(char.IsAsciiHexDigitLower) && Base64Url.IsValid(text.AsSpan(secretAt))
            && Base64Url.TryDecodeFromChars(text.AsSpan(secretAt), secret, out var written) && written == SecretBytes
            ? new(digits, SHA256.HashData(secret))
            : null;
    }

    /// <summary>Compares in constant time.</summary>
    /// <param name="stored">Null if there is no such id; never matches.</param>
    public bool Matches(byte[]? stored) => CryptographicOperations.FixedTimeEquals(Hash, stored ?? Nobody) & stored is not null;
}
