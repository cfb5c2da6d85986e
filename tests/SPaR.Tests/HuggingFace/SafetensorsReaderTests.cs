using System.Text.Json.Nodes;
using SPaR.HuggingFace.Safetensors;
using static SPaR.Tests.HuggingFace.SafetensorsBytes;

namespace SPaR.Tests.HuggingFace;

public sealed class SafetensorsReaderTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Tensors_are_read_with_their_place_in_the_file()
    {
        var bytes = File(Header());
        var file = Read(bytes);

        file.Metadata["format"].ShouldBe("pt");
        file.Tensors.Select(t => (t.Name, t.Type.Name, string.Join("x", t.Shape), t.Offset, t.Bytes)).ShouldBe(
            [("a", "F32", "2x3", bytes.Length - 32, 24), ("b", "BF16", "4", bytes.Length - 8, 8)]);
    }

    [Fact]
    public void A_header_may_end_with_spaces_and_a_tensor_may_be_empty_or_a_single_number() =>
        Read(File("{\"n\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"e\":{\"dtype\":\"F32\",\"shape\":[0,3],"
            + "\"data_offsets\":[4,4]}}     ", 4)).Tensors.Select(t => t.Bytes).ShouldBe([4L, 0L], ignoreOrder: true);

    public static TheoryData<string, string, byte[]> Malformed() => new()
    {
        { "truncated", "has 3 bytes", [1, 0, 0] },
        { "truncated", "a header of 100 bytes, but only 2", [100, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'] },
        { "malformed", "at most 100000000", [.. BitConverter.GetBytes(100_000_001L), .. new byte[16]] },
        { "malformed", "18446744073709551615", [255, 255, 255, 255, 255, 255, 255, 255, (byte)'{'] },
        { "malformed", "does not start with {", File(" {}", 0) },
        { "malformed", "does not start with {", File("", 0) },
        { "malformed", "invalid JSON", File("{} x", 0) },
        { "malformed", "invalid JSON", File("{}\n\0", 0) },
        { "malformed", "invalid JSON", File("{\"a\":", 0) },
        { "malformed", "the tensor 'a' twice", File("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2) },
        { "malformed", "an object of strings", File("{\"__metadata__\":{\"a\":1}}", 0) },
        { "malformed", "an object of strings", File("{\"__metadata__\":[]}", 0) },
        { "malformed", "'a' twice", File("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0) },
        { "malformed", "inside the tensor before it", File(new JsonObject
            { ["a"] = Tensor("F32", [6], 0, 24), ["b"] = Tensor("F32", [6], 12, 36) }, 36) },
        { "malformed", "inside the tensor before it", File(new JsonObject
            { ["a"] = Tensor("F32", [6], 0, 24), ["b"] = Tensor("F32", [6], 0, 24) }, 24) },
        { "malformed", "after a hole", File(new JsonObject { ["a"] = Tensor("F32", [1], 4, 8) }, 8) },
        { "malformed", "4 bytes after its last tensor", File(new JsonObject { ["a"] = Tensor("F32", [1], 0, 4) }, 8) },
        { "truncated", "ends inside the tensor 'b'", File(Header(), 31) },
        { "unknown-dtype", "'Q4_0' for the tensor 'a'", File(new JsonObject { ["a"] = Tensor("Q4_0", [1], 0, 4) }, 4) },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_by_name(string code, string reason, byte[] bytes)
    {
        var e = Should.Throw<ModelRejectedException>(() => Read(bytes));
        e.Message.ShouldContain(reason);
        e.Message.ShouldStartWith(_path);
        e.Code.ShouldBe(code);
    }

    /// <summary>Each field of a valid header, replaced by each of these values.</summary>
    [Fact]
    public void No_value_of_any_field_does_more_than_refuse_the_file()
    {
        string[] values =
        [
            "null", "true", "0", "-1", "1.5", "1e9", "4611686018427387904", "9223372036854775807", "9223372036854775808", "1e400", "\"\"",
            "\"F32\"", "\"f32\"", "\"F64\"", "\"\\ud800\"", "[]", "[0]", "[-1,0]", "[0,0]", "[24,0]", "[0,24,32]",
            "[4294967296,4294967296,4]",
            "[9223372036854775807,2]", "[1,1,1,1,1,1,1,1,1]", "[[1]]", "{}", "{\"dtype\":\"F32\"}",
        ];
        string[] fields = ["", "__metadata__", "__metadata__/format", "a", "a/dtype", "a/shape", "a/shape/0", "a/data_offsets",
            "a/data_offsets/0", "a/data_offsets/1", "b", "b/dtype", "b/shape", "b/shape/0", "b/data_offsets",
            "b/data_offsets/0", "b/data_offsets/1"];
        var (read, refused) = (0, 0);
        foreach (var field in fields)
            foreach (var value in values)
                _ = Outcome(File(Replaced(field, value))) is null ? read++ : refused++;
        read.ShouldBeLessThan(10);
        refused.ShouldBeGreaterThan(440);
    }

    [Fact]
    public void A_file_that_ends_anywhere_or_has_a_flipped_bit_is_read_or_refused()
    {
        var valid = File(Header());
        for (var length = 0; length < valid.Length; length++)
            Outcome(valid[..length]).ShouldNotBeNull();
        for (var bit = 0; bit < (valid.Length - DataBytes) * 8; bit++)
        {
            var bytes = valid.ToArray();
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            _ = Outcome(bytes);
        }
    }

    [Fact]
    public void What_is_no_regular_file_is_refused_without_waiting()
    {
        Should.Throw<ModelRejectedException>(() => SafetensorsReader.Read(Path.GetTempPath())).Code.ShouldBe("not-a-regular-file");
        Should.Throw<ModelRejectedException>(() => SafetensorsReader.Read(_path + ".none")).Code.ShouldBe("not-found");
    }

    public void Dispose() => System.IO.File.Delete(_path);

    private static string Replaced(string field, string value)
    {
        if (field.Length == 0)
            return value;
        var header = Header();
        var parts = field.Split('/');
        JsonNode node = header;
        foreach (var part in parts[..^1])
            node = node is JsonArray list ? list[int.Parse(part)]! : node[part]!;
        const string Mark = "\"the value\"";
        if (node is JsonArray array)
            array[int.Parse(parts[^1])] = "the value";
        else
            node[parts[^1]] = "the value";
        return header.ToJsonString().Replace(Mark, value, StringComparison.Ordinal);
    }

    private string? Outcome(byte[] bytes)
    {
        try
        {
            Read(bytes);
            return null;
        }
        catch (ModelRejectedException e)
        {
            e.Message.ShouldStartWith(_path);
            return e.Code;
        }
    }

    private SafetensorsFile Read(byte[] bytes)
    {
        System.IO.File.WriteAllBytes(_path, bytes);
        return SafetensorsReader.Read(_path);
    }
}
