using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Service.Idempotency;

/// <summary>An answer as it is given again. The database has it encrypted with the caller's <c>Idempotency-Key</c>, of which it has only
/// the hash: an answer can hold a new API key.</summary>
/// <param name="Body">As it was sent.</param>
internal sealed record KeptAnswer(int Status, string? ContentType, string? Location, string? ETag, byte[] Body)
{
    private const int NonceBytes = 12, TagBytes = 16, KeyBytes = 32;

    [JsonIgnore]
    public bool IsSuccess => Status is >= 200 and < 300;

    public byte[] Seal(string key)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(this);
        var stored = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(stored.AsSpan(0, NonceBytes));
        using var cipher = CipherOf(key);
        cipher.Encrypt(
            stored.AsSpan(0, NonceBytes), plain, stored.AsSpan(NonceBytes + TagBytes), stored.AsSpan(NonceBytes, TagBytes));
        return stored;
    }

    public static KeptAnswer Open(byte[] stored, string key)
    {
        var plain = new byte[stored.Length - NonceBytes - TagBytes];
        using var cipher = CipherOf(key);
        cipher.Decrypt(
            stored.AsSpan(0, NonceBytes), stored.AsSpan(NonceBytes + TagBytes), stored.AsSpan(NonceBytes, TagBytes), plain);
        return JsonSerializer.Deserialize<KeptAnswer>(plain)!;
    }

    private static AesGcm CipherOf(string key) => new(
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.ASCII.GetBytes(key), KeyBytes, info: "spar kept answer"u8.ToArray()), TagBytes);
}
