using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Items;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Items;

namespace SPaR.Tests.Pairs;

public sealed class PreferenceFormatTests
{
    [Fact]
    public void Trl_rows_are_conversations() => Write(PreferenceFormat.Trl).ShouldBe(
        """{"prompt":[{"role":"user","content":"Say hi"}]"""
        + ""","chosen":[{"role":"assistant","content":"hi"}],"rejected":[{"role":"assistant","content":"ho"}]}""");

    [Fact]
    public void Llama_factory_rows_hold_one_message_on_each_side() => Write(PreferenceFormat.Llamafactory).ShouldBe(
        """{"messages":[{"role":"user","content":"Say hi"}]"""
        + ""","chosen":{"role":"assistant","content":"hi"},"rejected":{"role":"assistant","content":"ho"}}""");

    [Fact]
    public void Plain_rows_are_texts() => Write(PreferenceFormat.TrlStandard).ShouldBe(
        """{"prompt":"Say hi","chosen":"hi","rejected":"ho"}""");

    [Fact]
    public void Openai_rows_hold_an_input_and_two_outputs() => Write(PreferenceFormat.Openai).ShouldBe(
        """{"input":{"messages":[{"role":"user","content":"Say hi"}],"tools":[],"parallel_tool_calls":true}"""
        + ""","preferred_output":[{"role":"assistant","content":"hi"}]"""
        + ""","non_preferred_output":[{"role":"assistant","content":"ho"}]}""");

    [Fact]
    public void Our_own_rows_hold_everything_with_seeds_as_strings()
    {
        var row = JsonNode.Parse(Write(PreferenceFormat.Spar))!.AsObject();

        row.Select(p => p.Key).ShouldBe([
            "id", "run_id", "round", "instruction_id", "ordinal", "messages", "constraints", "metadata", "chosen", "chosen_from",
            "chosen_value", "chosen_verifier", "chosen_origin", "rejected", "rejected_from", "rejected_value", "rejected_verifier",
            "rejected_origin", "similarity", "filtered_by", "human", "unedited"]);
        row["rejected_verifier"]!.ToJsonString().ShouldBe(
            """{"constraints":[{"id":"punctuation:no_comma","strict":false,"loose":true}]"""
            + ""","all_strict":false,"all_loose":true,"share_strict":0,"share_loose":1}""");
        row["chosen_origin"]!["seed"]!.GetValue<string>().ShouldBe("18446744073709551615");
        row["rejected_origin"].ShouldBeNull();
        row["metadata"]!["k"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public void The_entry_for_llama_factory_has_its_names()
    {
        var entry = JsonSerializer.SerializeToNode(DatasetInfo.Of("x.jsonl", DatasetKind.Preferences), ApiJson.Options)!;

        entry["file_name"]!.GetValue<string>().ShouldBe("x.jsonl");
        entry["ranking"]!.GetValue<bool>().ShouldBeTrue();
        entry["columns"]!.ToJsonString().ShouldBe("""{"messages":"messages","chosen":"chosen","rejected":"rejected"}""");
        entry["tags"]!["assistant_tag"]!.GetValue<string>().ShouldBe("assistant");
    }

    [Fact]
    public void An_answer_that_a_person_edited_takes_the_place_of_the_chosen_one()
    {
        var source = Origins(new ChatMessage("user", "Say hi")) with { Human = Edited("Hi!") };

        JsonSerializer.Serialize(PreferenceRow.Of(PreferenceFormat.TrlStandard, source), ApiJson.Options)
            .ShouldBe("""{"prompt":"Say hi","chosen":"Hi!","rejected":"ho"}""");
        var row = JsonSerializer.SerializeToNode(PreferenceRow.Of(PreferenceFormat.Spar, source), ApiJson.Options)!;
        (row["chosen"]!.GetValue<string>(), row["unedited"]!.GetValue<string>()).ShouldBe(("Hi!", "hi"));
        (row["human"]!["verdict"]!.GetValue<string>(), row["human"]!["by"]!.GetValue<string>()).ShouldBe(("edit", "ann"));
        row["chosen_verifier"].ShouldBeNull("it is that of another text");
    }

    private static PairVerdict Edited(string chosen) => new()
    {
        RunId = "run_1",
        Round = 1,
        InstructionId = "ins_1",
        Verdict = HumanVerdict.Edit,
        Chosen = chosen,
        KeyName = "ann",
        At = DateTimeOffset.UnixEpoch,
        Revision = "vrd_1",
    };

    private static string Write(PreferenceFormat format) => JsonSerializer.Serialize(
        PreferenceRow.Of(format, Origins(new ChatMessage("user", "Say hi"))), ApiJson.Options);

    private static PairOrigins Origins(params ChatMessage[] prompt) => new(
        new()
        {
            Id = "pair_1",
            RunId = "run_1",
            Round = 1,
            InstructionId = "ins_1",
            Chosen = "hi",
            ChosenFrom = "r.0",
            ChosenValue = 1,
            Rejected = "ho",
            RejectedFrom = "a2",
            RejectedValue = 0,
            RejectedVerifier = new([new("punctuation:no_comma", Strict: false, Loose: true)]),
            Similarity = 0.5,
        },
        new() { Id = "ins_1", SetId = "set_1", Ordinal = 3, Messages = [.. prompt], Metadata = JsonNode.Parse("""{"k":1}""") },
        new(ulong.MaxValue, "m", "p", "Greet."),
        null);
}
