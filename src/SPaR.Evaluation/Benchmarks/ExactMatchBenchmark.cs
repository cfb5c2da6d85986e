using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Questions whose answers can be compared: GSM8K (arXiv 2110.14168), TriviaQA (arXiv 1705.03551) and others of that form. A line
/// is <c>{key?, question, answer | answers, shots?, extract?}</c>.</summary>
/// <remarks>Shots, <c>{question, answer}</c> each, are turns before the question. <c>extract</c> says which part of the reply, and of the
/// correct answers, is compared: all of it (<c>whole</c>, the default), its last number (<c>last-number</c>), or what follows its last
/// "####" (<c>after-####</c>). <see cref="AnswerForm"/> says when two are equal.</remarks>
public sealed class ExactMatchBenchmark : IBenchmark
{
    private const int MostAnswers = 1000;

    public string Name => "exact-match";

    public string Description =>
        "Questions whose answers can be compared, as in GSM8K and TriviaQA: question, answer (or answers, any of which is correct), "
        + "optional key, shots (example questions with answers, placed before the question) and extract (which part of the reply is "
        + "compared: whole, last-number or after-####). Measures exact_match.";

    public string? Example => """
        { "question": "Ann has 3 boxes of 12 eggs. How many eggs?", "answer": "36", "extract": "last-number" }
        """;

    public IReadOnlyList<Column> Columns { get; } =
        [new("key"), new("question"), new("answer"), new("answers", ColumnType.Json), new("shots", ColumnType.Json), new("extract")];

    public BenchmarkNeeds Needs => BenchmarkNeeds.Answers;

    public IReadOnlyList<BenchmarkItem>? Own => null;

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) =>
        ItemReader.Read(json, place, errors, Items);

    private static IReadOnlyList<BenchmarkItem> Items(string key, FieldReader fields)
    {
        var question = fields.RequiredText("question", "the question that is asked");
        var answers = fields.Has("answers")
            ? fields.RequiredTexts("answers", 1, MostAnswers, "right answers, each a text")
            : [fields.RequiredText("answer", "the right answer as a text, or several as answers")];
        if (fields.Has("answer") && fields.Has("answers"))
            fields.Fault("answer", "is given next to answers; give one of them.");
        var shots = fields.Objects("shots", "a list of objects with question and answer", Shot);
        var extract = fields.OneOf("extract", null, AnswerForm.Extracts);
        return [new(key, ItemJson.Of(new Body(question, answers, shots, extract ?? AnswerForm.Whole)))];
    }

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken)
    {
        var body = item.Body.Deserialize<Body>(ItemJson.Options)!;
        var turns = body.Shots.SelectMany(s => new ChatMessage[] { new("user", s.Question), new("assistant", s.Answer) });
        var answered = await Answering.AskAsync(measuring, [.. turns, new("user", body.Question)], cancellationToken);
        var given = AnswerForm.Of(answered.Text, body.Extract);
        var right = body.Answers.Select(a => AnswerForm.Of(a, body.Extract) ?? AnswerForm.Of(a, AnswerForm.Whole)!).ToList();
        return new()
        {
            Tallies = [new("exact_match", given is not null && right.Contains(given) ? 1 : 0)],
            Text = answered.Text,
            Reasoning = answered.Reasoning,
            Detail = ItemJson.Of(new { given, right = right.Distinct().Take(10) }),
            Usage = answered.Usage,
            Generations = answered.Generations,
            Judged = answered.Judged,
        };
    }

    private static Exchange Shot(FieldReader fields)
    {
        var shot = new Exchange(
            fields.RequiredText("question", "the question of the example"), fields.RequiredText("answer", "its answer"));
        fields.RefuseUnknown();
        return shot;
    }

    private sealed record Exchange(string Question, string Answer);

    private sealed record Body(string Question, ImmutableArray<string> Answers, ImmutableArray<Exchange> Shots, string Extract);
}
