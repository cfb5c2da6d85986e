using System.Text.Json.Serialization;
using SPaR.Service.Datasets;

namespace SPaR.Service.Viewer;

/// <summary>Statistics of every column. Of texts they are those of the lengths in characters, of lists those of the lengths.</summary>
/// <param name="Partial">Whether only a part of the rows was counted: never.</param>
internal sealed record ViewerStatistics(int NumExamples, IReadOnlyList<ViewerColumn> Statistics, bool Partial)
{
    public static ViewerStatistics Of(Dataset dataset, DatasetStatistics s)
    {
        var columns = new List<ViewerColumn>();
        if (dataset.Kind is DatasetKind.Conversations)
            columns.Add(ViewerColumn.Of("messages", "list", s.Messages));
        else
            columns.AddRange([
                ViewerColumn.Of("prompt", "list", s.Messages), ViewerColumn.Of("chosen", "string_text", s.ChosenCharacters),
                ViewerColumn.Of("rejected", "string_text", s.RejectedCharacters!),
            ]);
        if (s is { ChosenValue: { } chosen, RejectedValue: { } rejected, Similarity: { } similarity, Verifier: { } v, Human: { } h })
            columns.AddRange([
                ViewerColumn.Of("chosen_value", "float", chosen), ViewerColumn.Of("rejected_value", "float", rejected),
                ViewerColumn.Of("similarity", "float", similarity),
                new("verifier_agrees", "bool", new(v.Unchecked, Share(v.Unchecked, s.Rows))
                {
                    Frequencies = new Dictionary<string, int> { ["True"] = v.Agree, ["False"] = v.Disagree },
                }),
                new("human", "string_label", Labels(h, s.Rows)),
            ]);
        return new(s.Rows, columns, Partial: false);
    }

    private static ViewerNumbers Labels(HumanCounts h, int rows)
    {
        var said = new Dictionary<string, int> { ["accept"] = h.Accept, ["reject"] = h.Reject, ["edit"] = h.Edit }
            .Where(label => label.Value > 0).ToDictionary();
        return new(h.None, Share(h.None, rows))
        {
            NoLabelCount = 0,
            NoLabelProportion = 0,
            NUnique = said.Count,
            Frequencies = said,
        };
    }

    private static double Share(int count, int rows) => rows == 0 ? 0 : count / (double)rows;
}

/// <param name="ColumnType"><c>list</c>, <c>string_text</c>, <c>string_label</c>, <c>float</c> or <c>bool</c>.</param>
internal sealed record ViewerColumn(string ColumnName, string ColumnType, ViewerNumbers ColumnStatistics)
{
    public static ViewerColumn Of(string name, string type, Distribution d) => new(name, type, new(0, 0)
    {
        Min = d.Min,
        Max = d.Max,
        Mean = d.Mean,
        Median = d.Median,
        Std = d.Std,
        Histogram = new([.. d.Histogram.Select(bin => bin.Count)], [.. d.Histogram.Select(bin => bin.From), d.Max]),
    });
}

/// <summary>What there is depends on the type of the column.</summary>
/// <param name="NanCount">Rows without a value.</param>
internal sealed record ViewerNumbers(int NanCount, double NanProportion)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Min { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Max { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Mean { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Median { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Std { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ViewerHistogram? Histogram { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? NoLabelCount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? NoLabelProportion { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? NUnique { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? Frequencies { get; init; }
}

/// <param name="BinEdges">One more than there are bins.</param>
internal sealed record ViewerHistogram(IReadOnlyList<int> Hist, IReadOnlyList<double> BinEdges);
