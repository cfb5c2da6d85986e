using System.Text;
using SPaR.Llama.Models;

namespace SPaR.Tests.Llama;

public sealed class GrowingTextTests
{
    [Theory]
    [InlineData("héllo 😀 wörld")]
    [InlineData("日本語 और हिन्दी")]
    public void No_piece_ends_inside_a_character_however_the_bytes_arrive(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var size = 1; size < 5; size++)
        {
            var (growing, pieces) = (new GrowingText([]), new List<string>());
            foreach (var chunk in bytes.Chunk(size))
            {
                growing.Add(chunk).ShouldBeFalse();
                pieces.Add(growing.Take());
            }

            growing.Complete();
            pieces.Add(growing.Take());
            string.Concat(pieces).ShouldBe(text);
            pieces.ShouldAllBe(p => !p.Contains('\uFFFD') && !char.IsHighSurrogate(p.LastOrDefault()));
        }
    }

    [Theory]
    [InlineData("one two three", "one ", "two")]
    [InlineData("one two three", "on", "e two", "three")]
    [InlineData("aaab", "a", "aab")]
    [InlineData("a 😀😃 b", "a 😀", "😃")]
    public void A_text_ends_before_the_first_stop_and_nothing_of_it_is_given(string text, string expected, params string[] stops)
    {
        var (growing, given) = (new GrowingText(stops), "");
        var ended = false;
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            ended = growing.Add([one]);
            given += growing.Take();
            expected.ShouldStartWith(given);
            if (ended)
                break;
        }

        ended.ShouldBeTrue();
        growing.Complete();
        (given + growing.Take(), growing.ToString()).ShouldBe((expected, expected));
    }

    [Fact]
    public void What_only_began_like_a_stop_is_given_once_that_is_known()
    {
        var growing = new GrowingText(["END."]);
        growing.Add("the EN"u8);
        growing.Take().ShouldBe("the ");
        growing.Add("emy"u8);
        growing.Take().ShouldBe("ENemy");
        growing.Add(" END"u8);
        growing.Take().ShouldBe(" ");
        growing.Complete();
        growing.Take().ShouldBe("END", "nothing follows");
    }

    [Fact]
    public void Bytes_that_are_no_character_and_what_cannot_be_stored_are_replaced()
    {
        var growing = new GrowingText([]);
        growing.Add([(byte)'a', 0, 0xFF, 0xC3]);
        growing.Complete();
        growing.ToString().ShouldBe("a\uFFFD\uFFFD\uFFFD");
    }
}
