using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Service.Keys;

/// <summary>What somebody shows to be let in, <c>spar_ID_SECRET</c>: the digits of an id and 32 random bytes in base64url. Knows nothing
/// of what is stored.</summary>
/// <param name="Digits">Of the id, without its prefix.</param>
/// <param name="Hash">SHA-256 of the secret's bytes.</param>
public sealed record KeyText(string Digits, byte[] Hash)
{
    private const string Prefix = "spar_";
    private const int IdDigits = 32, SecretBytes = 32;

    /// <summary>Compared with where there is no such id, so that an unknown one costs the same.</summary>
    private static readonly byte[] Nobody = SHA256.HashData(Encoding.UTF8.GetBytes("nobody's secret"));

    /// <returns>The text, which exists nowhere else, and what to store of it.</returns>
    /// <param name="id">A prefix and the digits, as <c>Ids.New</c> makes them.</param>
    public static (string Text, KeyText Parts) New(string id)
    {
        var digits = id[^IdDigits..];
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        return ($"{Prefix}{digits}_{Base64Url.EncodeToString(secret)}", new(digits, SHA256.HashData(secret)));
    }

    /// <returns>Null for anything else than such a text.</returns>
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

    /// <summary>Compares in a time that does not depend on where the two differ.</summary>
    /// <param name="stored">Null: there is no such id, and nothing matches.</param>
    public bool Matches(byte[]? stored) => CryptographicOperations.FixedTimeEquals(Hash, stored ?? Nobody) & stored is not null;
}
