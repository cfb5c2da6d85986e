using System.Text;
using System.Text.Json;
using SPaR.Service.Datasets;
using static SPaR.Tests.Uploads.UploadedFiles;

namespace SPaR.Tests.Uploads;

/// <summary>Every form of training data: recognised by itself, and read as the same pair or conversation.</summary>
public sealed class DatasetFormatTests
{
    /// <summary>A system prompt is optional in most forms, so the pair has none: q, then c over r.</summary>
    public static TheoryData<string, string> Pairs => new()
    {
        { "trl", """{"prompt":[U],"chosen":[C],"rejected":[R]}""" },
        { "trl", """{"chosen":[U,C],"rejected":[U,R]}""" },
        { "trl", """{"prompt":"q","chosen":[U,C],"rejected":[U,R],"messages":[U,C],"score_chosen":8.5,"source":"x"}""" },
        { "trl", """{"prompt":[U],"chosen":[U,C],"rejected":[U,R]}""" },
        { "trl", """{"prompt":"q","chosen":[C],"rejected":[R]}""" },
        { "trl-standard", """{"prompt":"q","chosen":"c","rejected":"r"}""" },
        { "llamafactory", """{"messages":[U],"chosen":C,"rejected":R}""" },
        {
            "llamafactory",
            """{"conversations":[{"from":"human","value":"q"}],"chosen":{"from":"gpt","value":"c"},"rejected":{"from":"gpt","value":"r"}}"""
        },
        { "spar", """{"id":"pair_1","messages":[U],"chosen":"c","rejected":"r","similarity":0.5}""" },
        { "alpaca", """{"instruction":"q","input":"","chosen":"c","rejected":"r"}""" },
        { "openai", """{"input":{"messages":[U],"tools":[]},"preferred_output":[C],"non_preferred_output":[R]}""" },
    };

    public static TheoryData<string, string> Examples => new()
    {
        { "sft", """{"messages":[U,C]}""" },
        { "sft", """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"c"}],"id":"x"}""" },
        { "prompt-completion", """{"prompt":"q","completion":"c"}""" },
        { "prompt-completion", """{"prompt":[U],"completion":[C]}""" },
        { "alpaca-sft", """{"instruction":"q","input":"","output":"c"}""" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_pair_is_recognised_and_is_the_same_in_every_form(string format, string row)
    {
        foreach (var options in new[] { Lenient, Lenient with { Format = format } })
        {
            var read = ReadDataset(Whole(row), options);

            var draft = read.Only;
            (draft.Messages.Single().Content, draft.Chosen, draft.Rejected).ShouldBe(("q", "c", "r"));
            read.Report!.Format.ShouldBe(format);
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_conversation_is_recognised_and_is_the_same_in_every_form(string format, string row)
    {
        var read = ReadDataset(Whole(row));

        read.Only.Messages.Select(m => (m.Role, m.Content, m.IsLearnt)).ShouldBe([("user", "q", false), ("assistant", "c", true)]);
        read.Only.Chosen.ShouldBeNull();
        read.Report!.Format.ShouldBe(format);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [MemberData(nameof(Examples))]
    public void In_csv_cells_with_json_are_messages_and_the_others_text(string format, string row)
    {
        var columns = JsonDocument.Parse(Whole(row)).RootElement.EnumerateObject().ToList();
        var cells = columns.Select(
            column => column.Value.ValueKind is JsonValueKind.String ? column.Value.GetString()! : column.Value.GetRawText());
        var csv = new StringBuilder().AppendJoin(',', columns.Select(column => column.Name)).Append('\n')
            .AppendJoin(',', cells.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));

        var read = ReadDataset(csv.ToString());

        read.Report!.Format.ShouldBe(format, string.Join(';', read.Errors));
        read.Only.Messages[0].Content.ShouldBe("q");
    }

    [Fact]
    public void Every_format_is_tested_and_its_name_is_in_kebab_case()
    {
        DatasetFormats.All.Select(format => format.Name).ShouldBe(
            Pairs.Concat(Examples).Select(row => row.Data.Item1).Distinct(), ignoreOrder: true);
        DatasetFormats.All.ShouldAllBe(format => format.Name.All(c => char.IsAsciiLetterLower(c) || c == '-'));
    }

    [Theory]
    [InlineData("""{"chosen":[U,C],"rejected":[{"role":"user","content":"other"},R]}""", "line 1: rejected")]
    [InlineData("""{"chosen":[U],"rejected":[U,R]}""", "line 1: chosen")]
    [InlineData("""{"chosen":[C],"rejected":[R]}""", "line 1: prompt")]
    [InlineData("""{"prompt":[C],"chosen":[C],"rejected":[R]}""", "line 1: prompt")]
    [InlineData("""{"prompt":"q","chosen":"c","rejected":"c"}""", "line 1: rejected")]
    [InlineData("""{"prompt":"q","chosen":"c"}""", "line 1")]
    [InlineData("""{"messages":[U]}""", "line 1: messages")]
    [InlineData("""{"messages":[C,C]}""", "line 1: messages[0]", "line 1: messages[1]")]
    [InlineData("""{"instruction":"q","chosen":"c","rejected":"r","history":[["a"]]}""", "line 1: history[0]")]
    public void What_is_wrong_with_a_row_is_named(string row, params string[] fields) => ReadDataset(Whole(row)).ShouldBeRefused(fields);

    [Fact]
    public void A_system_prompt_in_a_column_of_its_own_comes_first()
    {
        ReadDataset("""{"system":"s","prompt":"q","chosen":"c","rejected":"r"}""").Only.Messages[0].ShouldBe(new("system", "s"));
        ReadDataset(Whole("""{"system":"s","conversations":[U,C]}""")).Only.Messages[0].ShouldBe(new("system", "s"));
        ReadDataset("""{"system":"","instruction":"q","output":"c"}""").Only.Messages.Length.ShouldBe(2);
    }

    private static string Whole(string row) => row
        .Replace("U", """{"role":"user","content":"q"}""", StringComparison.Ordinal)
        .Replace("C", """{"role":"assistant","content":"c"}""", StringComparison.Ordinal)
        .Replace("R", """{"role":"assistant","content":"r"}""", StringComparison.Ordinal);
}
