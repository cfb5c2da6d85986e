using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Multiple-choice questions as in MMLU (arXiv 2009.03300): <c>{key?, question, choices, answer, subject?}</c>, where the answer
/// is the choice's index from 0 or its letter. Nothing is generated: the actor's answer is the choice that it finds most likely,
/// whatever the decoding.</summary>
/// <remarks><c>acc</c> compares the letters after "Answer:", with the choices listed in the prompt. <c>acc_norm</c> compares the texts of
/// the choices after "Answer:", with only the question in the prompt; each log-probability is divided by the bytes of its text, so that
/// short texts have no advantage. Of equals, the first counts.</remarks>
public sealed class MultipleChoiceBenchmark : IBenchmark
{
    private const int FewestChoices = 2, MostChoices = 26;

    private const string Partial = "Answer:";

    public string Name => "multiple-choice";

    public string Description =>
        "Questions with 2 to 26 choices, by log-likelihood: question, choices, answer (index from 0, or letter), optional key and subject. "
        + "Measures acc (by the letters, with the choices listed) and acc_norm (by the texts of the choices after the question alone, per "
        + "byte), by subject.";

    public string? Example => """
        { "question": "Which planet is nearest to the sun?", "choices": ["Venus", "Mercury", "Mars"], "answer": "B", "subject": "sky" }
        """;

    public IReadOnlyList<Column> Columns { get; } =
        [new("key"), new("question"), new("choices", ColumnType.Json), new("answer", ColumnType.Json), new("subject")];

    public BenchmarkNeeds Needs => BenchmarkNeeds.None;

    public IReadOnlyList<BenchmarkItem>? Own => null;

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) =>
        ItemReader.Read(json, place, errors, Items);

    private static IReadOnlyList<BenchmarkItem> Items(string key, FieldReader fields)
    {
        var question = fields.RequiredText("question", "the question that is asked");
        var choices = fields.RequiredTexts("choices", FewestChoices, MostChoices, "choices, each a text");
        var answer = Answer(fields, choices.Length);
        var subject = fields.OptionalText("subject", "the name of a subject");
        return [new(key, ItemJson.Of(new Body(question, choices, answer, subject)))];
    }

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken)
    {
        var body = item.Body.Deserialize<Body>(ItemJson.Options)!;
        var listed = await ScoreAsync(measuring, Listed(body), [.. body.Choices.Select((_, i) => $" {Letter(i)}")], cancellationToken);
        var alone = await ScoreAsync(measuring, body.Question, [.. body.Choices.Select(c => $" {c.Trim()}")], cancellationToken);
        double[] letters = [.. listed.Scores.Select(s => s.LogProbability)];
        double[] texts = [.. alone.Scores.Select((s, i) => s.LogProbability / Encoding.UTF8.GetByteCount(body.Choices[i].Trim()))];
        var (chosen, chosenText) = (Array.IndexOf(letters, letters.Max()), Array.IndexOf(texts, texts.Max()));
        return new()
        {
            Tallies =
            [
                new("acc", chosen == body.Answer ? 1 : 0, Group: body.Subject),
                new("acc_norm", chosenText == body.Answer ? 1 : 0, Group: body.Subject),
            ],
            Detail = ItemJson.Of(new
            {
                answer = Letter(body.Answer),
                chosen = Letter(chosen),
                chosen_by_text = Letter(chosenText),
                log_probabilities = letters,
                per_byte = texts,
            }),
            Usage = listed.Usage + alone.Usage,
        };
    }

    private static int Answer(FieldReader fields, int choices)
    {
        const string Wanted = "the place of the right choice, from 0, or its letter";
        var place = fields.Required("answer", Wanted) switch
        {
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var at) => at,
            { ValueKind: JsonValueKind.String } text when text.GetString() is [>= 'A' and <= 'Z' or >= 'a' and <= 'z'] letter =>
                char.ToUpperInvariant(letter[0]) - 'A',
            null => 0,
            _ => -1,
        };
        // Where the choices themselves could not be read, nobody knows how many there would be.
        if (place < 0 || (choices > 0 && place >= choices))
            fields.Wrong("answer", $"{Wanted}; there are {choices} choices");
        return place;
    }

    private static Task<ScoringResult> ScoreAsync(
        Measuring measuring, string prompt, ImmutableArray<string> continuations, CancellationToken cancellationToken) =>
        measuring.Models.Actor.ScoreAsync(
            measuring.ItemRun([new("user", prompt)])
                .Scoring(Conversation.Empty.User(prompt), Partial, continuations, "choose"), cancellationToken);

    private static string Listed(Body body)
    {
        var text = new StringBuilder(body.Question).Append('\n');
        foreach (var (i, choice) in body.Choices.Index())
            text.Append(CultureInfo.InvariantCulture, $"\n{Letter(i)}. {choice.Trim()}");
        return text.Append("\n\nAnswer with the letter of the right choice.").ToString();
    }

    private static char Letter(int choice) => (char)('A' + choice);

    private sealed record Body(string Question, ImmutableArray<string> Choices, int Answer, string? Subject);
}
