using SPaR.Method.Pairs;

namespace SPaR.Tests.Pairs;

public sealed class NearDuplicatesTests
{
    /// <summary>100 runs of five words.</summary>
    private static readonly string[] Words = [.. Enumerable.Range(0, 104).Select(i => $"word{i}")];

    [Theory]
    [InlineData(0.8, 80, true)]
    [InlineData(0.8, 79, false)]
    [InlineData(0.7, 70, true)]
    [InlineData(0.7, 69, false)]
    [InlineData(1, 100, true)]
    [InlineData(1, 99, false)]
    public void Runs_of_words_in_common_are_compared_exactly(double similarity, int common, bool isDuplicate)
    {
        var whole = string.Join(' ', Words);
        // A part of it has no other runs, so the common share is the part's own.
        var part = string.Join(' ', Words.Take(common + 4));
        foreach (var (first, second) in new[] { (whole, part), (part, whole) })
        {
            var texts = new NearDuplicates(similarity);
            texts.TryAdd(first).ShouldBeTrue();
            texts.TryAdd(second).ShouldBe(!isDuplicate);
        }
    }

    [Fact]
    public void Texts_without_words_are_equal()
    {
        var texts = new NearDuplicates(0.8);
        texts.TryAdd("?").ShouldBeTrue();
        texts.TryAdd("").ShouldBeFalse();
        texts.TryAdd("one").ShouldBeTrue();
    }
}
