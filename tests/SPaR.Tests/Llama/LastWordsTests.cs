using System.Text;
using SPaR.Llama.Processes;

namespace SPaR.Tests.Llama;

public sealed class LastWordsTests
{
    [Fact]
    public void Everything_is_passed_on_unchanged()
    {
        var text = string.Join('\n', Enumerable.Range(0, 5000).Select(i => $"line {i}"));
        using var passed = new MemoryStream();
        Read(text, passed);
        Encoding.UTF8.GetString(passed.ToArray()).ShouldBe(text);
    }

    [Fact]
    public void The_last_lines_are_kept_and_no_more() =>
        Read(string.Join('\n', Enumerable.Range(0, 5000).Select(i => $"line {i}\n"))).Split('\n').ShouldBe(
            Enumerable.Range(4992, 8).Select(i => $"line {i}"));

    [Theory]
    [InlineData("ggml.c:12: GGML_ASSERT(a > 0) failed")]
    [InlineData("terminate called after throwing an instance of 'std::out_of_range'")]
    [InlineData("Fatal error. System.AccessViolationException")]
    public void They_start_where_the_process_says_why_it_ends(string cause) =>
        Read($"info: loaded\ninfo: more\n{cause}\n  at one\n  at two\n").ShouldBe($"{cause}\nat one\nat two");

    [Fact]
    public void A_line_without_end_takes_no_more_memory() =>
        Read(new string('x', 1_000_000)).Length.ShouldBeLessThan(1000);

    [Fact]
    public void A_process_may_have_written_nothing() => Read("").ShouldBeEmpty();

    private static string Read(string text, Stream? to = null)
    {
        var words = new LastWords(new MemoryStream(Encoding.UTF8.GetBytes(text)), to ?? Stream.Null);
        words.Read();
        return words.ToString();
    }
}
