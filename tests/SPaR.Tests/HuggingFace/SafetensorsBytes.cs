using System.Text;
using System.Text.Json.Nodes;

namespace SPaR.Tests.HuggingFace;

/// <summary>Builds safetensors files byte by byte, including invalid ones.</summary>
internal static class SafetensorsBytes
{
    /// <summary>Two tensors: a of 2 × 3 F32, b of 4 BF16.</summary>
    public static JsonObject Header() => new()
    {
        ["__metadata__"] = new JsonObject { ["format"] = "pt" },
        ["a"] = Tensor("F32", [2, 3], 0, 24),
        ["b"] = Tensor("BF16", [4], 24, 32),
    };

    public const int DataBytes = 32;

    public static JsonObject Tensor(string type, long[] shape, long begin, long end) => new()
    {
        ["dtype"] = type,
        ["shape"] = new JsonArray([.. shape.Select(s => (JsonNode)s)]),
        ["data_offsets"] = new JsonArray(begin, end),
    };

    public static byte[] File(JsonNode header, int data = DataBytes) => File(header.ToJsonString(), data);

    public static byte[] File(string header, int data = DataBytes)
    {
        var text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[data]];
    }
}
