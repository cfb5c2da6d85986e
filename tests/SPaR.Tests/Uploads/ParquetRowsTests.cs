using System.Text;
using Parquet;
using Parquet.Schema;
using SPaR.Service.Uploads;

namespace SPaR.Tests.Uploads;

public sealed class ParquetRowsTests
{
    [Fact]
    public async Task Every_type_becomes_json_row_by_row_over_all_row_groups()
    {
        var schema = new ParquetSchema(
            new DataField<string>("text"), new DataField<long?>("number"), new DataField<double>("share"), new DataField<bool>("flag"),
            new DataField<DateTime>("time"));
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(schema, file))
            for (var group = 0; group < 2; group++)
            {
                using var rows = writer.CreateRowGroup();
                await rows.WriteAsync(schema.DataFields[0], ["a \"é\"\n😀", null]);
                await rows.WriteAsync<long>(schema.DataFields[1], new long?[] { null, 7 });
                await rows.WriteAsync<double>(schema.DataFields[2], new[] { 0.5, double.NaN });
                await rows.WriteAsync<bool>(schema.DataFields[3], new[] { true, false });
                await rows.WriteAsync<DateTime>(schema.DataFields[4], new[] { DateTime.UnixEpoch, DateTime.UnixEpoch });
            }

        file.Position = 0;
        using var written = new MemoryStream();
        await ParquetRows.WriteAsync(file, written, TestContext.Current.CancellationToken);

        var lines = Encoding.UTF8.GetString(written.ToArray()).TrimEnd('\n').Split('\n');
        lines.Length.ShouldBe(4);
        using var first = System.Text.Json.JsonDocument.Parse(lines[2]);
        first.RootElement.GetProperty("text").GetString().ShouldBe("a \"é\"\n😀");
        first.RootElement.GetProperty("share").GetDouble().ShouldBe(0.5);
        first.RootElement.GetProperty("flag").GetBoolean().ShouldBeTrue();
        first.RootElement.GetProperty("time").GetDateTime().ShouldBe(DateTime.UnixEpoch);
        using var second = System.Text.Json.JsonDocument.Parse(lines[3]);
        second.RootElement.GetProperty("number").GetInt64().ShouldBe(7);
        second.RootElement.TryGetProperty("share", out var share).ShouldBeTrue();
        share.ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }
}
