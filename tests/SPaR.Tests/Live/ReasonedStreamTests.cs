using SPaR.Service.Live;

namespace SPaR.Tests.Live;

public sealed class ReasonedStreamTests
{
    private static readonly ReasoningFormat Marks = new("<think>", "</think>");

    [Theory]
    [InlineData("<think>So be it.</think>\n\nYes, it is.", false, "So be it.", "Yes, it is.")]
    [InlineData("So be it.</think>Yes.", true, "So be it.", "Yes.")]
    [InlineData(" Yes, <think> is a word.", false, "", " Yes, <think> is a word.")]
    [InlineData("<think>a</think>\n<think>b</think>c</think>", false, "a\n\nb", "c</think>")]
    [InlineData("<think>never ends", false, "never ends", "")]
    [InlineData("a < b", false, "", "a < b")]
    [InlineData("<thin", false, "", "<thin")]
    public void Reasoning_and_answer_are_the_same_in_one_piece_and_in_many(string reply, bool opened, string reasoning, string answer)
    {
        for (var size = 1; size <= reply.Length; size++)
        {
            var stream = new ReasonedStream(Marks, opened);
            var given = reply.Chunk(size).Select(chunk => stream.Add(new(chunk))).ToList();
            given.Add(stream.Complete());
            string.Concat(given.Select(g => g.Reasoning)).ShouldBe(reasoning, $"by {size}");
            string.Concat(given.Select(g => g.Text)).ShouldBe(answer, $"by {size}");
        }
    }

    [Fact]
    public void Without_marks_all_of_it_is_the_answer_at_once()
    {
        var stream = new ReasonedStream(null, opened: false);
        stream.Add("<think>").ShouldBe(("<think>", ""));
        stream.Complete().ShouldBe(("", ""));
    }
}
