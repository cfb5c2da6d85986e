using FsCheck;
using FsCheck.Fluent;
using SPaR.Gguf;

namespace SPaR.Tests.Gguf;

public sealed class GgufReaderTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string, string, byte[]> Malformed()
    {
        var data = new TheoryData<string, string, byte[]>
        {
            { "not-gguf", "does not start with GGUF", [] },
            { "not-gguf", "does not start with GGUF", "{\"model\":1}"u8.ToArray() },
            { "malformed", "GGUF version 1", GgufBytes.Header(0, 0, 1).ToArray() },
            { "malformed", "GGUF version 4", GgufBytes.Header(0, 0, 4).ToArray() },
            { "malformed", "big-endian", GgufBytes.Header(0, 0, 0x03000000).ToArray() },
            { "truncated", "the header", "GGUF"u8.ToArray() },
            { "truncated", "the header", new GgufBytes().Raw("GGUF"u8.ToArray()).U32(3).U64(1).ToArray() },
            { "truncated", "tensors expected", GgufBytes.Header(1UL << 62, 0).ToArray() },
            { "truncated", "metadata entries expected", GgufBytes.Header(0, 1UL << 62).ToArray() },
            { "truncated", "metadata entry 1", GgufBytes.Header(0, 1).U64(ulong.MaxValue).Raw(new byte[64]).ToArray() },
            { "truncated", "the metadata entry 'k'", GgufBytes.Header(0, 1).Text("k").U32(10).U32(1).ToArray() },
            { "malformed", "no name", GgufBytes.Header(0, 1).Entry("", 0, [1]).ToArray() },
            { "malformed", "string of 70000 bytes", GgufBytes.Header(0, 1).Text(new string('k', 70000)).U32(0).ToArray() },
            { "malformed", "not UTF-8", GgufBytes.Header(0, 1).U64(1).Raw([0xFF]).U32(0).Raw(new byte[8]).ToArray() },
            { "malformed", "unknown value type 13", GgufBytes.Header(0, 1).Entry("k", 13, [1]).ToArray() },
            { "malformed", "2 for a boolean", GgufBytes.Header(0, 1).Entry("k", 7, [2]).ToArray() },
            { "malformed", "twice", GgufBytes.Header(0, 2).Entry("k", 0, [1]).Entry("k", 0, [1]).ToArray() },
            { "malformed", "unknown element type 9", GgufBytes.Header(0, 1).Text("k").U32(9).U32(9).U64(1).ToArray() },
            { "truncated", "elements expected", GgufBytes.Header(0, 1).Text("k").U32(9).U32(4).U64(1UL << 61).ToArray() },
            { "truncated", "bytes of a string", GgufBytes.Header(0, 1).Text("k").U32(9).U32(8).U64(1).U64(99).ToArray() },
            { "malformed", "general.alignment", GgufBytes.Header(0, 1).Entry("general.alignment", 4, [24, 0, 0, 0]).ToArray() },
            { "malformed", "general.alignment", GgufBytes.Header(0, 1).Entry("general.alignment", 4, [0, 0, 0, 0]).ToArray() },
            { "malformed", "general.alignment", GgufBytes.Header(0, 1).Entry("general.alignment", 6, [0, 0, 0, 66]).ToArray() },
            { "malformed", "0 dimensions", GgufBytes.Header(1, 0).Tensor("t", []).Data(64).ToArray() },
            { "malformed", "5 dimensions", GgufBytes.Header(1, 0).Tensor("t", [1, 1, 1, 1, 1]).Data(64).ToArray() },
            { "malformed", "impossible size", GgufBytes.Header(1, 0).Tensor("t", [0]).Data(64).ToArray() },
            { "malformed", "impossible size", GgufBytes.Header(1, 0).Tensor("t", [1UL << 40, 1UL << 40]).Data(64).ToArray() },
            { "malformed", "impossible size", GgufBytes.Header(1, 0).Tensor("t", [1UL << 62]).Data(64).ToArray() },
            { "malformed", "unknown type 4", GgufBytes.Header(1, 0).Tensor("t", [4], type: 4).Data(64).ToArray() },
            { "malformed", "blocks of 32", GgufBytes.Header(1, 0).Tensor("t", [33], type: 8).Data(64).ToArray() },
            { "malformed", "the offset 4", GgufBytes.Header(1, 0).Tensor("t", [4], offset: 4).Data(64).ToArray() },
            { "malformed", "9223372036854775808", GgufBytes.Header(1, 0).Tensor("t", [4], offset: 1UL << 63).Data(64).ToArray() },
            { "malformed", "expected 0", GgufBytes.Header(1, 0).Tensor("t", [4], offset: 1UL << 40).Data(64).ToArray() },
            { "malformed", "expected 0", GgufBytes.Header(1, 0).Tensor("t", [4], offset: 32).Data(64).ToArray() },
            { "malformed", "string of 64 bytes", GgufBytes.Header(1, 0).Tensor(new string('t', 64), [4]).Data(64).ToArray() },
            { "malformed", "expected 32", GgufBytes.Header(2, 0).Tensor("a", [4]).Tensor("b", [4]).Data(64).ToArray() },
            {
                "malformed",
                "the tensor 'a' twice",
                GgufBytes.Header(2, 0).Tensor("a", [4]).Tensor("a", [4], offset: 32).Data(64).ToArray() },
            { "truncated", "the data of the tensor 't'", GgufBytes.Header(1, 0).Tensor("t", [4]).Data(15).ToArray() },
            { "truncated", "tensor 1 of 1", GgufBytes.Header(1, 0).U64(99).Raw(new byte[40]).ToArray() },
        };
        return data;
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused(string code, string reason, byte[] bytes)
    {
        var e = Should.Throw<ModelRejectedException>(() => Read(bytes));
        e.Message.ShouldContain(reason);
        e.Message.ShouldStartWith(_path);
        e.Code.ShouldBe(code);
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused() =>
        Should.Throw<ModelRejectedException>(() => GgufReader.Read(_path + ".none")).Code.ShouldBe("not-found");

    [Fact]
    public void What_the_writer_writes_is_read_back()
    {
        var file = Read(GgufBytes.Valid());
        file.Metadata["general.architecture"].ShouldBe("llama");
        file.Metadata["llama.context_length"].ShouldBe(128L);
        file.Metadata["tokenizer.ggml.tokens"].ShouldBeOfType<GgufArray>().Count.ShouldBe(3);
        var tensor = file.Tensors.ShouldHaveSingleItem();
        tensor.Dimensions.ShouldBe([4L, 3L]);
        tensor.Bytes.ShouldBe(48);
        (file.DataOffset % 32).ShouldBe(0);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var whole = GgufBytes.Valid();
        // The padding after the last tensor may be missing.
        for (var length = 0; length < whole.Length - 16; length++)
            Should.Throw<ModelRejectedException>(() => Read(whole[..length]));
    }

    [Fact]
    public void Flipped_bytes_never_give_another_error()
    {
        var whole = GgufBytes.Valid();
        var flips = Gen.Choose(0, whole.Length - 1).Zip(Gen.Choose(1, 255)).NonEmptyListOf();
        var length = Gen.Choose(0, whole.Length);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll(flips.Zip(length).ToArbitrary(), c =>
            {
                var bytes = whole.ToArray();
                foreach (var (at, mask) in c.Item1)
                    bytes[at] ^= (byte)mask;
                try
                {
                    Read(c.Item2 % 3 == 0 ? bytes[..c.Item2] : bytes);
                }
                catch (ModelRejectedException)
                {
                    // The only allowed failure.
                }
            }));
    }

    public void Dispose() => File.Delete(_path);

    private GgufFile Read(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        return GgufReader.Read(_path);
    }
}
