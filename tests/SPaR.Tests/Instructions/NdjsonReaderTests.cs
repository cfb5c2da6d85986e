using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SPaR.Service.Http;

namespace SPaR.Tests.Instructions;

public sealed class NdjsonReaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\n \n\r\n", "")]
    [InlineData("a", "1:a")]
    [InlineData("a\n", "1:a")]
    [InlineData("a\nb", "1:a 2:b")]
    [InlineData("a\r\nb\r\n", "1:a 2:b")]
    [InlineData("\na\n\nb", "2:a 4:b")]
    [InlineData("\uFEFFa\nb", "1:a 2:b")]
    public async Task Numbers_lines_and_leaves_out_blank_ones(string text, string expected) =>
        (await Read(Encoding.UTF8.GetBytes(text), 4096)).ShouldBe(expected);

    [Fact]
    public async Task A_line_over_the_limit_is_passed_over_and_the_next_one_read()
    {
        var text = $"a\n{new string('x', NdjsonReader.LineLimit + 1)}\nb\n{new string('y', NdjsonReader.LineLimit)}\n";

        (await Read(Encoding.UTF8.GetBytes(text), 100_000)).ShouldBe($"1:a 2:too long 3:b 4:{new string('y', NdjsonReader.LineLimit)}");
    }

    [Fact]
    public void Where_the_stream_is_cut_makes_no_difference() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyString[]>(),
        Gen.Choose(1, 7).ToArbitrary(),
        (lines, cut) =>
        {
            var text = Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(l => l.Get)));
            return Read(text, cut).GetAwaiter().GetResult() == Read(text, 1 << 20).GetAwaiter().GetResult();
        }).QuickCheckThrowOnFailure();

    private static async Task<string> Read(byte[] bytes, int cut)
    {
        var lines = new List<string>();
        var pipe = PipeReader.Create(new ReadOnlySequence<byte>(bytes));
        if (cut < bytes.Length)
            pipe = PipeReader.Create(new Trickle(bytes, cut));
        await foreach (var line in NdjsonReader.ReadAsync(pipe, TestContext.Current.CancellationToken))
            lines.Add($"{line.Number}:{(line.Json is null ? "too long" : Encoding.UTF8.GetString(line.Json).TrimEnd('\r'))}");
        return string.Join(' ', lines);
    }

    /// <summary>Gives a few bytes at a time, as a slow network does.</summary>
    private sealed class Trickle(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(cut, buffer.Length)], cancellationToken);
    }
}
