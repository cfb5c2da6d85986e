using System.Text;
using SPaR.Service.Http;

namespace SPaR.Tests.Http;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""{"a":"\\u0000 \\ud83d"}""")]
    [InlineData("""{"a":"\ud83d\ude00","\ud83d\ude00":["😀","\u00e9"]}""")]
    [InlineData("""[]""")]
    [InlineData("1")]
    public void Text_that_can_be_stored_passes(string json) => JsonText.FaultIn(Encoding.UTF8.GetBytes(json)).ShouldBeNull();

    [Theory]
    [InlineData("""{"a":"b \ud83d"}""", "a")]
    [InlineData("""{"a":"\ude00"}""", "a")]
    [InlineData("""{"a":"\ud83d\ud83d\ude00"}""", "a")]
    [InlineData("""{"a":"\ud83dx\ude00"}""", "a")]
    [InlineData("""{"a":"\ud83d\n\ude00"}""", "a")]
    [InlineData("""{"a":"x\u0000"}""", "a")]
    [InlineData("""{"\u0000":1}""", "body")]
    [InlineData("""{"a":{"b":1,"\udfff":1}}""", "a")]
    [InlineData("""{"recipe":{"judge":[{"content":"a"},{"role":"user","content":"\ud800"}]}}""", "recipe.judge[1].content")]
    [InlineData("""[[1,{"a":[]}],["a","\u0000"]]""", "[1][1]")]
    [InlineData("\"\\ud800\"", "body")]
    public void Half_a_surrogate_pair_and_U0000_are_named_by_field(string json, string field)
    {
        var problem = JsonText.FaultIn(Encoding.UTF8.GetBytes(json)).ShouldNotBeNull();

        (problem.Status, problem.Code).ShouldBe((422, "invalid-text"));
        problem.Errors!.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Theory]
    [InlineData("utf-16", "UTF-16")]
    [InlineData("utf-16BE", "UTF-16")]
    [InlineData("utf-32", "UTF-16")]
    [InlineData("latin1", "byte 0xE9 at line 2, byte 10")]
    public void Another_encoding_is_named(string encoding, string named)
    {
        var problem = JsonText.FaultIn(Encoding.GetEncoding(encoding).GetBytes("{\n \"a\":\"caf\u00e9\"}")).ShouldNotBeNull();

        (problem.Status, problem.Code).ShouldBe((400, "not-utf8"));
        problem.Detail.ShouldContain(named);
    }

    [Fact]
    public void A_character_that_is_cut_off_is_not_utf8() =>
        JsonText.FaultIn([.. "{\"a\":\""u8, 0xF0, 0x9F, 0x98, .. "\"}"u8]).ShouldNotBeNull().Code.ShouldBe("not-utf8");

    [Theory]
    [InlineData("", "body")]
    [InlineData("{", "body")]
    [InlineData("""{"a":[1,{"b":oops}]}""", "a[1].b")]
    [InlineData("""{"a":1,}""", "body")]
    [InlineData("""{"a":1} 2""", "body")]
    [InlineData("{\"a\":\"\u0000\"}", "a")]
    [InlineData("""{"a":1,"b":{"c":[{"d":1,"d":2}]}}""", "b.c[0].d")]
    [InlineData("""{"a":1,"\u0061":2}""", "a")]
    [InlineData("null", "body")]
    public void What_is_not_json_is_named_by_field(string json, string field)
    {
        var problem = JsonText.FaultIn(Encoding.UTF8.GetBytes(json)).ShouldNotBeNull();

        (problem.Status, problem.Code).ShouldBe((400, "invalid-json"));
        problem.Errors!.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Fact]
    public void Json_that_is_nested_too_deep_is_refused() =>
        JsonText.FaultIn(Encoding.UTF8.GetBytes(new string('[', 100_000))).ShouldNotBeNull().Code.ShouldBe("invalid-json");
}
