using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Instructions;

namespace SPaR.Tests.Instructions;

public sealed class ChatInstructionsTests
{
    [Theory]
    [InlineData("""{"prompt":""}""", "line 3: prompt")]
    [InlineData("""{"prompt":"  \n"}""", "line 3: prompt")]
    [InlineData("""{"prompt":7}""", "line 3: prompt")]
    [InlineData("{}", "line 3: prompt")]
    [InlineData("""{"prompt":null}""", "line 3: prompt")]
    [InlineData("""{"prompt":"a","messages":[{"role":"user","content":"a"}]}""", "line 3: prompt")]
    [InlineData("""{"messages":[]}""", "line 3: messages")]
    [InlineData("""{"messages":"a"}""", "line 3: messages")]
    [InlineData("""{"messages":["a"]}""", "line 3: messages[0]")]
    [InlineData("""{"messages":[{"role":"bot","content":"a"}]}""", "line 3: messages[0].role")]
    [InlineData("""{"messages":[{"content":"a"}]}""", "line 3: messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":""}]}""", "line 3: messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"a","tool_calls":[{}]}]}""", "line 3: messages[0].tool_calls")]
    [InlineData("""{"messages":[{"role":"tool","content":"a"}]}""", "line 3: messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "line 3: messages[0].content[0].type")]
    [InlineData("""{"messages":[{"role":"user","content":[]}]}""", "line 3: messages[0].content")]
    [InlineData("""{"prompt":"a","conversations":[{"from":"human","value":"a"}]}""", "line 3: prompt")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""", "line 3: messages")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]}""", "line 3: messages[1].role")]
    [InlineData("[]", "line 3")]
    [InlineData("null", "line 3")]
    [InlineData("""{"prompt":"a\u0000b"}""", "line 3")]
    [InlineData("""{"prompt":"a\ud800b"}""", "line 3")]
    [InlineData("""{"prompt":"a","metadata":{"k\u0000":1}}""", "line 3")]
    public void Names_line_and_field_of_what_is_wrong(string json, string field)
    {
        var (draft, errors) = Read(json);

        draft.ShouldBeNull();
        errors.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Theory]
    [InlineData("\"short\"", "constraints")]
    [InlineData("""[]""", "constraints")]
    [InlineData("""["punctuation:no_comma"]""", "constraints[0]")]
    [InlineData("""[{}]""", "constraints[0].id")]
    [InlineData("""[{"id":7}]""", "constraints[0].id")]
    [InlineData("""[{"id":"punctuation:no_coma"}]""", "constraints[0].id")]
    [InlineData("""[{"id":"startend:end_checker"}]""", "constraints[0].kwargs.end_phrase")]
    [InlineData(
        """[{"id":"startend:end_checker","end_phrase":"x","kwargs":{"end_phrase":"x"}}]""", "constraints[0].end_phrase")]
    [InlineData("""[{"id":"punctuation:no_comma","kwargs":{"n":1}}]""", "constraints[0].kwargs.n")]
    [InlineData("""[{"id":"punctuation:no_comma","kwargs":[]}]""", "constraints[0].kwargs")]
    [InlineData("""{"instruction_id_list":["punctuation:no_comma"]}""", "constraints.kwargs")]
    [InlineData("""{"kwargs":[]}""", "constraints.instruction_id_list")]
    [InlineData("""{"instruction_id_list":[],"kwargs":[]}""", "constraints")]
    [InlineData("""{"instruction_id_list":["punctuation:no_comma"],"kwargs":[{},{}]}""", "constraints.kwargs")]
    [InlineData("""{"instruction_id_list":["no_comma"],"kwargs":[{}]}""", "constraints.instruction_id_list[0]")]
    [InlineData("""{"instruction_id_list":[1],"kwargs":[{}]}""", "constraints.instruction_id_list[0]")]
    [InlineData(
        """{"instruction_id_list":["startend:end_checker"],"kwargs":[{"end_phrase":7}]}""", "constraints.kwargs[0].end_phrase")]
    [InlineData(
        """{"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}],"key":1}""", "constraints.key")]
    public void Names_line_and_field_of_what_is_wrong_with_constraints(string constraints, string field) =>
        Names_line_and_field_of_what_is_wrong($$"""{"prompt":"a","constraints":{{constraints}}}""", $"line 3: {field}");

    [Fact]
    public void A_prompt_is_a_conversation_of_one_message_kept_to_the_letter()
    {
        var (draft, errors) = Read("""
            {"prompt":" Say \"hi\"\n","constraints":[{"id":"punctuation:no_comma","kwargs":{ "n": null }}],"metadata":{"from":"here"}}
            """);

        errors.ShouldBeEmpty();
        draft!.Messages.ShouldBe([new("user", " Say \"hi\"\n")]);
        draft.Constraints!.ToJsonString().ShouldBe("""[{"id":"punctuation:no_comma","kwargs":{"n":null}}]""");
        draft.Metadata!["from"]!.GetValue<string>().ShouldBe("here");
    }

    [Fact]
    public void A_conversation_may_begin_with_the_system_and_ends_with_the_user() => Read(
        """
        {"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"a"},
        {"role":"user","content":"v"}]}
        """).Draft!.Messages.Select(m => m.Role).ShouldBe(["system", "user", "assistant", "user"]);

    [Theory]
    [InlineData("""{"messages":[{"role":"developer","content":"s"},{"role":"user","name":"Ann","content":[{"type":"text","text":"u"},"""
        + """{"type":"text","text":"v"}]}]}""")]
    [InlineData("""{"conversations":[{"from":"system","value":"s"},{"from":"human","value":"uv"}]}""")]
    [InlineData("""{"prompt":[{"role":"system","content":"s"},{"role":"user","content":"uv","weight":null}]}""")]
    public void Conversations_are_read_as_others_write_them(string json) =>
        Read(json).Draft!.Messages.ShouldBe([new("system", "s"), new("user", "uv")]);

    [Fact]
    public void The_last_answer_of_a_chat_is_taken_off_on_request()
    {
        const string Chat = """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]}""";

        Read(Chat).Errors.ShouldHaveSingleItem().Message.ShouldContain("last_answer=drop");
        Read(Chat, dropLastAnswer: true).Draft!.Messages.ShouldBe([new("user", "u")]);
    }

    [Fact]
    public void Elements_of_a_list_are_named_by_index()
    {
        var errors = new List<FieldError>();
        new ChatInstructions().Read(new(JsonSerializer.SerializeToElement(new { prompt = "" }), Place.Element(4)), errors);

        errors.ShouldHaveSingleItem().Field.ShouldBe("instructions[4].prompt");
    }

    private static (InstructionDraft? Draft, List<FieldError> Errors) Read(string json, bool dropLastAnswer = false)
    {
        var errors = new List<FieldError>();
        using var document = JsonDocument.Parse(json);
        return (new ChatInstructions().Read(new(document.RootElement, Place.Line(3), null, dropLastAnswer), errors), errors);
    }
}
