using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Client;

/// <summary>A word of a list that may grow: values of a newer service are kept as they are.</summary>
public interface IOpenEnum<T>
    where T : struct, IOpenEnum<T>
{
    string Value { get; }

    static abstract T Of(string value);
}

internal sealed class OpenEnumConverter<T> : JsonConverter<T>
    where T : struct, IOpenEnum<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.Of(reader.GetString() ?? throw new JsonException("A word cannot be null."));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
