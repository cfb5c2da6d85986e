using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Service.Webhooks;

/// <summary>Signatures as in Standard Webhooks 1.0: <c>v1,</c> and the base64 of HMAC-SHA256 over id, time and body.</summary>
internal static class WebhookSignature
{
    private const string Prefix = "whsec_";
    private const int KeyBytes = 32;

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    public static string Of(string secret, string id, long timestamp, string body) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret[Prefix.Length..]),
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.{body}"))));
}
