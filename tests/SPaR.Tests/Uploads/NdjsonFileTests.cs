using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SPaR.Service.Uploads;

namespace SPaR.Tests.Uploads;

public sealed class NdjsonFileTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\n \n\r\n", "")]
    [InlineData("1", "1:1")]
    [InlineData("1\n", "1:1")]
    [InlineData("1\n2", "1:1 2:2")]
    [InlineData("1\r\n2\r\n", "1:1 2:2")]
    [InlineData("\n1\n\n2", "2:1 4:2")]
    [InlineData("\uFEFF1\n2", "1:1 2:2")]
    [InlineData("1\n[\n2", "1:1 2:wrong 3:2")]
    public async Task Numbers_lines_and_leaves_out_blank_ones(string text, string expected) =>
        (await Read(Encoding.UTF8.GetBytes(text), 4096)).ShouldBe(expected);

    [Fact]
    public async Task A_line_over_the_limit_is_passed_over_and_the_next_one_read()
    {
        var text = $"1\n{new string('2', FileRow.Limit + 1)}\n3\n\"{new string('y', FileRow.Limit - 2)}\"\n";

        (await Read(Encoding.UTF8.GetBytes(text), 100_000)).ShouldBe($"1:1 2:wrong 3:3 4:\"{new string('y', FileRow.Limit - 2)}\"");
    }

    [Fact]
    public void Where_the_stream_is_cut_makes_no_difference() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyString[]>(),
        Gen.Choose(1, 7).ToArbitrary(),
        (lines, cut) =>
        {
            var text = Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(l => System.Text.Json.JsonSerializer.Serialize(l.Get))));
            return Read(text, cut).GetAwaiter().GetResult() == Read(text, 1 << 20).GetAwaiter().GetResult();
        }).QuickCheckThrowOnFailure();

    private static async Task<string> Read(byte[] bytes, int cut)
    {
        var lines = new List<string>();
        await foreach (var row in NdjsonFile.ReadAsync(
            new Trickle(bytes, cut), number => new($"{number}", ""), TestContext.Current.CancellationToken))
            lines.Add($"{row.Place.Name}:{(row.Errors.Count > 0 ? "wrong" : row.Json.GetRawText())}");
        return string.Join(' ', lines);
    }

    /// <summary>Gives a few bytes at a time, as a slow network does.</summary>
    private sealed class Trickle(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(cut, buffer.Length)], cancellationToken);
    }
}
