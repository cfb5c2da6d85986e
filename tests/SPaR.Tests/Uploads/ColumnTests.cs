using SPaR.Service.Uploads;
using static SPaR.Tests.Uploads.UploadedFiles;

namespace SPaR.Tests.Uploads;

public sealed class ColumnTests
{
    private const string Rows = """
        {"id":1,"prompt":"a","source":"x","metadata":{"id":9}}
        {"prompt":"b"}
        """;

    [Fact]
    public void An_unknown_column_is_refused_with_what_can_be_done() =>
        ReadInstructions(Rows).ShouldBeRefused("line 1: id", "line 1: source").Saying("unknown");

    [Fact]
    public void An_unknown_column_can_be_ignored()
    {
        var read = ReadInstructions(Rows, UploadOptions.Default with { Unknown = UnknownColumns.Ignore });

        read.Rows[0].Metadata!.ToJsonString().ShouldBe("""{"id":9}""");
        read.Report!.Columns.Used.ShouldBe(["prompt", "metadata"]);
        read.Report.Columns.Ignored.ShouldBe(["id", "source"]);
        read.Report.Columns.Metadata.ShouldBeEmpty();
    }

    [Fact]
    public void An_unknown_column_can_be_kept_as_metadata()
    {
        var read = ReadInstructions(Rows, UploadOptions.Default with { Unknown = UnknownColumns.Metadata });

        read.Rows[0].Metadata!.ToJsonString().ShouldBe("""{"id":9,"source":"x"}""");
        read.Rows[1].Metadata.ShouldBeNull();
        read.Report!.Columns.Metadata.ShouldBe(["id", "source"]);
    }

    [Fact]
    public void A_column_is_read_under_another_name_also_inside_an_object()
    {
        var options = UploadOptions.Default with { Map = [new("prompt", ["data", "question"]), new("metadata", ["about"])] };

        var read = ReadInstructions("""
            {"data":{"question":"a","x":1},"about":{"k":1}}
            {"data":{"question":"b"}}
            """, options);

        read.Rows.Select(row => row.Messages.Single().Content).ShouldBe(["a", "b"]);
        read.Rows[0].Metadata!.ToJsonString().ShouldBe("""{"k":1}""");
        options = options with { Map = [new("prompt", ["question"]), new("metadata", ["topic"])] };
        ReadInstructions("question,topic\na,b", options).Only.Metadata!.GetValue<string>().ShouldBe("b");
    }

    [Fact]
    public void A_mapping_that_no_row_has_is_an_error() =>
        ReadInstructions("""{"prompt":"a"}""", UploadOptions.Default with { Map = [new("metadata", ["about"])] }).ShouldBeRefused("map")
            .Saying("'about'");

    [Fact]
    public void Rows_of_no_format_are_refused_with_their_columns_and_the_formats() =>
        ReadInstructions("""{"question":"a","id":1}""").ShouldBeRefused("line 1").Saying("question, id").Saying("chat (prompt, ")
            .Saying("map=");

    [Fact]
    public void Invalid_rows_are_skipped_on_request_and_listed_with_their_errors()
    {
        var rows = string.Join('\n', Enumerable.Range(0, 1000).Select(i => i % 33 == 5 ? """{"prompt":""}""" : $$"""{"prompt":"{{i}}"}"""));

        var read = ReadInstructions(rows + "\nnot json", UploadOptions.Default with { SkipInvalid = true });

        read.Rows.Count.ShouldBe(969);
        read.Report!.Skipped.ShouldBe(32);
        read.Report.FirstSkipped.Count.ShouldBe(20);
        read.Report.FirstSkipped[0].Place.ShouldBe("line 6");
        read.Report.FirstSkipped[0].Errors.ShouldHaveSingleItem().Field.ShouldBe("line 6: prompt");
        ReadInstructions("""{"prompt":""}""", UploadOptions.Default with { SkipInvalid = true }).ShouldBeRefused("line 1: prompt");
    }

    [Fact]
    public void Rows_of_IFEval_become_instructions_with_constraints()
    {
        const string Row = """
            {"key":1000,"prompt":"No commas.","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}
            """;

        var draft = ReadInstructions(Row).Only;

        draft.Constraints!.ToJsonString().ShouldBe("""{"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}""");
        draft.Metadata!.ToJsonString().ShouldBe("""{"key":1000}""");
        ReadInstructions(Row.Replace("[{}]", "[{\"n\":1}]", StringComparison.Ordinal)).ShouldBeRefused("line 1: kwargs[0].n");
        ReadInstructions("key,prompt,instruction_id_list,kwargs\n1000,No commas.,\"[\"\"punctuation:no_comma\"\"]\",[{}]").Only
            .Constraints!.ToJsonString().ShouldBe(draft.Constraints.ToJsonString());
    }

    [Fact]
    public void Alpaca_instructions_have_an_input_a_system_prompt_and_earlier_turns()
    {
        var draft = ReadInstructions("""
            {"instruction":"Add.","input":"1 2","system":"s","history":[["q","a"]]}
            """).Only;

        draft.Messages.ShouldBe([new("system", "s"), new("user", "q"), new("assistant", "a"), new("user", "Add.\n1 2")]);
    }
}
