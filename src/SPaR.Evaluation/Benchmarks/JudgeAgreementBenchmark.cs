using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Judging;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Compares the judge, asked as in a run, with known labels: <c>{key?, instruction, answer, label, by?}</c>, where <c>label</c> is
/// true or "good", false or "bad", and <c>by</c> says whether the judge's own model wrote the answer ("self" or "other"). Also takes the
/// pairs of LLMBar (arXiv 2310.07641), <c>{input, output_1, output_2, label}</c> with the number of the better one, as a good and a bad
/// answer.</summary>
/// <remarks>A tie or an unreadable judgement is wrong, and not a yes. <c>brier_score</c> is the mean of (value − truth)²; an unreadable
/// judgement counts as 0.5. <see cref="JudgeMetrics"/> computes what needs more than one item.</remarks>
public sealed class JudgeAgreementBenchmark : IBenchmark
{
    private const string Good = "good", Bad = "bad";

    public string Name => "judge-agreement";

    public string Description =>
        "Compares the judge with known labels: instruction, answer, label (true or good, false or bad), optional key and by (self or "
        + "other: whose model wrote the answer); or LLMBar's pairs: input, output_1, output_2, label (1 or 2, the better one). Measures "
        + "accuracy, f1 and brier_score, also by writer, and expected_calibration_error, self_preference, length_bias, "
        + "pairwise_agreement and tokens_per_judgement.";

    public string? Example => """
        { "instruction": "Name a colour in one word.", "answer": "A colour is red.", "label": "bad", "by": "other" }
        """;

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("key"), new("instruction"), new("answer"), new("label", ColumnType.Json), new("by"), new("input"), new("output_1"),
        new("output_2"),
    ];

    public BenchmarkNeeds Needs => BenchmarkNeeds.Judge;

    public IReadOnlyList<BenchmarkItem>? Own => null;

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) => ItemReader.Read(
        json, place, errors,
        (key, fields) => fields.Has("output_1") || fields.Has("output_2") ? OfPair(key, fields) : OfAnswer(key, fields));

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken)
    {
        var body = item.Body.Deserialize<Body>(ItemJson.Options)!;
        var counts = new CountingJournal();
        var run = measuring.ItemRun([new("user", body.Instruction)], counts);
        using var prefixes = run.Prefixes;
        var judgement = (await JudgeStage.RunAsync(run, [GivenAnswer.Of(run, body.Answer)], cancellationToken))[0].Judgement;
        var value = judgement.Value ?? 0.5;
        var truth = body.Good ? 1 : 0;
        return new()
        {
            Tallies =
            [
                new("accuracy", judgement.Label == (body.Good ? Label.Good : Label.Bad) ? 1 : 0, Group: body.By),
                Tally.F1("f1", judgement.Label == Label.Good, body.Good, body.By),
                new("brier_score", (value - truth) * (value - truth), Group: body.By),
            ],
            Detail = ItemJson.Of(new JudgedCase(
                judgement.Label, value, truth, body.Answer.Length, counts.Usage.Generated, [.. judgement.Votes.Select(v => v.Verdict)],
                body.By, body.Pair)),
            Usage = counts.Usage,
            Judged = counts.Judged,
        };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Measure> Metrics(IReadOnlyList<ItemResult> results) =>
        JudgeMetrics.Of([.. results.Select(r => r.Detail!.Value.Deserialize<JudgedCase>(ItemJson.Options)!)]);

    private static List<BenchmarkItem> OfAnswer(string key, FieldReader fields)
    {
        var instruction = fields.RequiredText("instruction", "what was to be done");
        var answer = fields.RequiredText("answer", "the answer to be judged");
        const string Wanted = "true or \"good\" for an answer that follows the instruction, false or \"bad\" for one that does not";
        bool? good = fields.Required("label", Wanted) switch
        {
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.String } text when text.GetString() is Good or Bad => text.GetString() == Good,
            _ => null,
        };
        if (good is null && fields.Has("label"))
            fields.Wrong("label", Wanted);
        return [Item(key, new(instruction, answer, good ?? false, fields.OneOf("by", null, JudgeMetrics.Self, JudgeMetrics.Other), null))];
    }

    private static List<BenchmarkItem> OfPair(string key, FieldReader fields)
    {
        var input = fields.RequiredText("input", "what was to be done");
        string[] outputs = [fields.RequiredText("output_1", "the first answer"), fields.RequiredText("output_2", "the second answer")];
        var better = fields.RequiredWhole("label", new(1, 2));
        return [.. outputs.Select((output, i) => Item($"{key}-{i + 1}", new(input, output, better == i + 1, null, key)))];
    }

    private static BenchmarkItem Item(string key, Body body) => new(key, ItemJson.Of(body));

    /// <param name="Pair">The key of its pair; null when it is not part of one.</param>
    private sealed record Body(string Instruction, string Answer, bool Good, string? By, string? Pair);
}
