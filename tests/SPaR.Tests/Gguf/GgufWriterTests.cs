using SPaR.Gguf;

namespace SPaR.Tests.Gguf;

public sealed class GgufWriterTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    public void A_tensor_of_the_wrong_size_is_refused(int bytes)
    {
        var writer = new GgufWriter().Add("t", GgufTensorType.F16, [2, 2], w => w.Write(new byte[bytes])).Add("u", new float[2], 2);
        using var stream = new MemoryStream();

        Should.Throw<InvalidOperationException>(() => writer.Write(stream)).Message
            .ShouldStartWith($"The tensor 't' was written with {bytes} bytes");
    }

    [Fact]
    public void Lists_of_whole_numbers_are_read_back_and_other_lists_are_not_taken_for_them()
    {
        Write(new GgufWriter().Add("whole", (IReadOnlyList<int>)[3, -1, int.MaxValue]).Add("real", (IReadOnlyList<float>)[1f])
            .Add("texts", (IReadOnlyList<string>)["1"]));
        var metadata = GgufReader.Read(_path).Metadata;

        ((GgufArray)metadata["whole"]).ReadIntegers(_path).ShouldBe([3, -1, int.MaxValue]);
        Should.Throw<ModelRejectedException>(() => ((GgufArray)metadata["real"]).ReadIntegers(_path)).Message
            .ShouldContain("a list of Float32");
        Should.Throw<ModelRejectedException>(() => ((GgufArray)metadata["texts"]).ReadIntegers(_path));
    }

    [Theory]
    [InlineData(0u, new byte[] { 255 }, 255)]
    [InlineData(1u, new byte[] { 255 }, -1)]
    [InlineData(2u, new byte[] { 255, 255 }, 65535)]
    [InlineData(3u, new byte[] { 255, 255 }, -1)]
    [InlineData(4u, new byte[] { 255, 255, 255, 255 }, 4294967295)]
    [InlineData(10u, new byte[] { 1, 0, 0, 0, 0, 0, 0, 0 }, 1)]
    [InlineData(11u, new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, -1)]
    public void Whole_numbers_of_every_width_are_read(uint type, byte[] bytes, long value)
    {
        File.WriteAllBytes(_path, GgufBytes.Header(0, 1).Text("k").U32(9).U32(type).U64(1).Raw(bytes).ToArray());
        ((GgufArray)GgufReader.Read(_path).Metadata["k"]).ReadIntegers(_path).ShouldBe([value]);
    }

    [Fact]
    public void Metadata_are_taken_over_as_they_stand_but_for_those_that_are_left_out()
    {
        Write(GgufBytes.Minimal("llama"));
        var file = GgufReader.Read(_path);
        var copy = new GgufWriter().AddMetadataOf(_path, file, key => key == "general.name").Add("general.name", "other");
        Write(copy);

        var read = GgufReader.Read(_path);
        read.Metadata["general.name"].ShouldBe("other");
        read.Metadata["llama.context_length"].ShouldBe(128L);
        read.Metadata["tokenizer.ggml.tokens"].ShouldBeOfType<GgufArray>().Count.ShouldBe(3);
        read.Entries.Length.ShouldBe(file.Entries.Length);
    }

    public void Dispose() => File.Delete(_path);

    private void Write(GgufWriter writer)
    {
        using var stream = File.Create(_path);
        writer.Write(stream);
    }
}
