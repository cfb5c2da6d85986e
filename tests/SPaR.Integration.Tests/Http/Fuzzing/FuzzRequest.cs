using System.Text;

namespace SPaR.Integration.Tests.Http.Fuzzing;

/// <summary>A request as it goes over the wire. Nothing of it is checked or normalised on the way.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="Body">Null: none.</param>
internal sealed record FuzzRequest(string Method, string Target, string? ContentType, byte[]? Body, (string Name, string Value)? Header)
{
    public HttpRequestMessage ToMessage(Uri address)
    {
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var message = new HttpRequestMessage(new(Method), new Uri($"{address.GetLeftPart(UriPartial.Authority)}{Target}", raw));
        if (Header is var (name, value))
            message.Headers.TryAddWithoutValidation(name, value);
        if (Body is null)
            return message;
        message.Content = new ByteArrayContent(Body);
        if (ContentType is not null)
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        return message;
    }

    /// <returns>A command that sends the same; the key is in the environment.</returns>
    public string ToCurl(Uri address)
    {
        var command = new StringBuilder($"curl -i -X {Method} -H \"Authorization: Bearer $SPAR_KEY\"");
        if (Header is var (name, value))
            command.Append($" -H {Quoted(Encoding.UTF8.GetBytes($"{name}: {value}"))}");
        if (ContentType is not null)
            command.Append($" -H {Quoted(Encoding.UTF8.GetBytes($"Content-Type: {ContentType}"))}");
        if (Body is not null)
            command.Append($" --data-binary {Quoted(Body)}");
        return command.Append($" --path-as-is '{address.GetLeftPart(UriPartial.Authority)}{Target}'").ToString();
    }

    private static string Quoted(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("$'");
        foreach (var b in bytes[..Math.Min(bytes.Length, 4000)])
            text.Append(b is >= 0x20 and < 0x7F and not (byte)'\'' and not (byte)'\\' ? $"{(char)b}" : $"\\x{b:x2}");
        return text.Append('\'').ToString();
    }
}
