using System.Text;
using SPaR.Service.Uploads;
using static SPaR.Tests.Uploads.UploadedFiles;

namespace SPaR.Tests.Uploads;

/// <summary>The content decides how a file is read, and every kind gives the same rows.</summary>
public sealed class FileKindTests
{
    [Theory]
    [InlineData("ndjson", "{\"prompt\":\"a, \\\"b\\\"\\nc\"}\n\n{\"prompt\":\"d\"}")]
    [InlineData("ndjson", "\uFEFF{\"prompt\":\"a, \\\"b\\\"\\nc\"}\r\n{\"prompt\":\"d\"}\r\n")]
    [InlineData("json", "[{\"prompt\":\"a, \\\"b\\\"\\nc\"},{\"prompt\":\"d\"}]")]
    [InlineData("json", "\uFEFF \n[ {\"prompt\" : \"a, \\\"b\\\"\\nc\"}\n,\n {\"prompt\":\"d\"}\n ] \n")]
    [InlineData("json", "{\"version\":{\"x\":[1]},\"data\":[{\"prompt\":\"a, \\\"b\\\"\\nc\"},{\"prompt\":\"d\"}],\"end\":\"]}\"}")]
    [InlineData("json", "{\n  \"instructions\": [\n{\"prompt\":\"a, \\\"b\\\"\\nc\"},\n{\"prompt\":\"d\"}]\n}\n")]
    [InlineData("csv", "prompt,\n\"a, \"\"b\"\"\nc\",0\nd,1\n")]
    [InlineData("csv", "\uFEFFprompt\t\r\n\"a, \"\"b\"\"\nc\"\t0\r\nd\t1")]
    [InlineData("csv", ";prompt\n0;\"a, \"\"b\"\"\nc\"\n1;d\n\n")]
    public void Is_recognised_by_its_content(string kind, string text)
    {
        foreach (var file in new[] { Encoding.UTF8.GetBytes(text), Zip(Encoding.UTF8.GetBytes(text)) })
        {
            var read = ReadInstructions(file);

            read.Rows.Select(row => row.Messages.Single().Content).ShouldBe(["a, \"b\"\nc", "d"], string.Join(';', read.Errors));
            read.Report!.File.ShouldBe(kind);
        }
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("\n \n", "body")]
    [InlineData("[]", "body")]
    [InlineData("{\"data\":[]}", "body")]
    [InlineData("prompt,id\n", "body")]
    public void Without_rows_it_is_empty(string text, string field) => ReadInstructions(text).ShouldBeRefused(field).Saying("is empty");

    [Theory]
    [InlineData("{\"prompt\":\"a\"}\nnot json\n{\"prompt\":\"b\"}\n5", "line 2", "line 4")]
    [InlineData("not json", "line 1")]
    [InlineData("[{\"prompt\":\"a\"},{\"prompt\" \"b\"},7,{\"prompt\":\"c\"},{\"prompt\":\"\"}]", "[1]", "[2]", "[4].prompt")]
    [InlineData("{\"instructions\":[{\"prompt\":\"a\"},{\"prompt\":\"\"}]}", "instructions[1].prompt")]
    [InlineData("[{\"prompt\":\"a\"}", "body")]
    [InlineData("[{\"prompt\":\"a\"},", "body")]
    [InlineData("[{\"prompt\":\"a\"}] x", "body")]
    [InlineData("{\"data\":[{\"prompt\":\"a\"}], \"x\"", "body")]
    [InlineData("{\"prompt\":\"a\",\"prompt\":\"b\"}", "line 1")]
    [InlineData("prompt,metadata\na,b\nc\nd,e,f\n\"g\nh\",i\n,j", "line 3", "line 4", "line 7: prompt")]
    [InlineData("prompt,prompt\na,b", "body")]
    public void Errors_name_the_place(string text, params string[] fields) => ReadInstructions(text).ShouldBeRefused(fields);

    [Fact]
    public void A_list_is_split_anywhere_in_its_text()
    {
        const string Text = "[ {\"prompt\":\"a]\\\"\\\\\"} ,{\"prompt\":\"[{\"}]";
        var splitter = new JsonListSplitter("");
        var rows = Encoding.UTF8.GetBytes(Text).SelectMany(one => splitter.Split(new[] { one })).ToList();
        splitter.Complete();

        rows.Select(row => row.Json.GetProperty("prompt").GetString()).ShouldBe(["a]\"\\", "[{"]);
    }

    [Theory]
    [InlineData("{\"prompt\":\"LONG\"}\n{\"prompt\":\"b\"}", "line 1")]
    [InlineData("[{\"prompt\":\"LONG\"},{\"prompt\":\"b\"}]", "[0]")]
    [InlineData("prompt,id\n\"LONG\",1\nb,2", "body")]
    [InlineData("prompt,id\n\"unclosed,1\nLONG\nLONG", "body")]
    public void A_row_over_a_mebibyte_is_named_and_not_held(string text, string field)
        => ReadInstructions(text.Replace("LONG", new string('x', 3 << 20), StringComparison.Ordinal)).ShouldBeRefused(field);

    [Fact]
    public void What_expands_beyond_the_limit_is_refused_and_so_is_damaged_gzip()
    {
        var bomb = Zip(new byte[4 << 20]);

        Read(SPaR.Service.Instructions.InstructionFormats.All, bomb, UploadOptions.Default, limit: 1 << 20)
            .ShouldBeRefused("body").Saying("1048576 bytes");
        ReadInstructions(Zip("{\"prompt\":\"a\"}"u8.ToArray())[..20]).ShouldBeRefused("body").Saying("gzip");
        ReadInstructions([.. Zip("{\"prompt\":\"a\"}\n"u8.ToArray()), .. Zip("{\"prompt\":\"bc\"}"u8.ToArray())]).Rows.Count.ShouldBe(2);
        ReadInstructions([0x1F, 0x8B, 1, 2, 3]).ShouldBeRefused("body").Saying("gzip");
    }

    [Theory]
    [InlineData("504B030400")]
    [InlineData("28B52FFD00")]
    public void Another_kind_of_file_is_named_with_those_that_are_read(string start)
        => ReadInstructions(Convert.FromHexString(start)).ShouldBeRefused("body").Saying("NDJSON, JSON, CSV or Parquet");
}
