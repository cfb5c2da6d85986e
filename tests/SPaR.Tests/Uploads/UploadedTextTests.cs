using System.Text;
using SPaR.Method.Input;
using static SPaR.Tests.Uploads.UploadedFiles;

namespace SPaR.Tests.Uploads;

/// <summary>Text that cannot be stored is refused by field; whatever else JSON can say is taken.</summary>
public sealed class UploadedTextTests
{
    [Theory]
    [InlineData("""{"prompt":"b \ud83d"}""", "line 1: prompt")]
    [InlineData("""{"prompt":"a\u0000b"}""", "line 1: prompt")]
    [InlineData("""{"messages":[{"role":"user","content":"\udc00"}]}""", "line 1: messages[0].content")]
    [InlineData("""{"prompt":"a","metadata":{"k":["x","\ud800"]}}""", "line 1: metadata.k[1]")]
    [InlineData("""{"prompt":"a","metadata":{"k\u0000":1}}""", "line 1: metadata")]
    [InlineData("""{"prompt":"a","\ud800":1}""", "line 1")]
    [InlineData("""{"prompt":"a","metadata":1e400}""", "line 1: metadata")]
    [InlineData("""{"prompt":"a","metadata":[1e-400]}""", "line 1: metadata[0]")]
    public void A_text_that_cannot_be_stored_is_named_by_its_field(string json, string field) =>
        ReadInstructions(json).ShouldBeRefused(field);

    [Fact]
    public void The_text_backslash_u0000_is_legal()
    {
        ReadInstructions("""{"prompt":"\\u0000"}""").Only.Messages.Single().Content.ShouldBe("\\u0000");
        ReadDataset("""{"prompt":"\\ud800","chosen":"\\u0000","rejected":""}""").Only.Chosen.ShouldBe("\\u0000");
    }

    [Fact]
    public void Another_encoding_is_named_with_the_line()
    {
        const string Two = "{\"prompt\":\"a\"}\n{\"prompt\":\"caf\u00e9\"}";

        ReadInstructions(Encoding.Latin1.GetBytes(Two)).ShouldBeRefused("line 2").Saying("0xE9").Saying("Latin-1");
        ReadInstructions(Encoding.Latin1.GetBytes("prompt,a\nb,c\n\"caf\u00e9\",d")).ShouldBeRefused("body").Saying("Line 3");
        ReadInstructions(Encoding.Latin1.GetBytes("[{\"prompt\":\"a\"},{\"prompt\":\"caf\u00e9\"}]")).ShouldBeRefused("[1]");
        foreach (var encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            ReadInstructions([.. encoding.Preamble, .. encoding.GetBytes(Two)]).ShouldBeRefused("body").Saying("UTF-16");
            ReadInstructions(encoding.GetBytes(Two)).ShouldBeRefused("body").Saying("line 1");
        }
    }

    [Fact]
    public void A_deep_value_is_an_error_and_a_wide_one_is_none()
    {
        ReadInstructions($$"""{"prompt":"a","metadata":{{new string('[', 100)}}{{new string(']', 100)}}}""").ShouldBeRefused("line 1");
        ReadInstructions($$"""{"prompt":"a","metadata":[{{string.Join(',', Enumerable.Repeat("1", 10_000))}}]}""").Rows.Count.ShouldBe(1);
    }

    [Fact]
    public void Every_fault_has_a_field()
    {
        var faults = StorableText.FaultsIn(
            System.Text.Json.JsonElement.Parse("""{"a":"\u0000","b":{"\ud800":"\udc00"},"c":[1e999]}"""), Place.Line(1));

        faults.Select(fault => fault.Field).ShouldBe(["line 1: a", "line 1: b", "line 1: b.", "line 1: c[0]"]);
    }
}
