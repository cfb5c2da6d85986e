using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class MultipleChoiceBenchmarkCompliance : BenchmarkCompliance
{
    protected override IBenchmark Create() => new MultipleChoiceBenchmark();

    private protected override ScriptedEngine Engine() => new() { Score = (_, word) => word == " B" ? -1 : -2 };
}

public sealed class MultipleChoiceBenchmarkTests
{
    private const string Question = """
        { "question": "Nearest to the sun?", "choices": ["Mars", "Mercury", "Io"], "answer": 1, "subject": "sky" }
        """;

    [Fact]
    public async Task The_likeliest_letter_is_the_answer_and_the_likeliest_text_by_byte_too()
    {
        var engine = new ScriptedEngine
        {
            // " Mercury" has seven bytes and -7: -1 a byte; " Io" has the higher -3, but -1.5 a byte.
            Score = (_, word) => word switch { " A" => -3, " B" => -2, " C" => -1, " Mars" => -8, " Mercury" => -7, _ => -3 },
        };
        var result = await MeasureAsync(engine, Question);

        result.Tallies.ShouldBe([new("acc", 0, Group: "sky"), new("acc_norm", 1, Group: "sky")]);
        result.Detail!.Value.GetProperty("chosen").GetString().ShouldBe("C");
        result.Detail!.Value.GetProperty("chosen_by_text").GetString().ShouldBe("B");
    }

    [Fact]
    public async Task Letters_are_asked_for_with_the_choices_listed_and_texts_with_the_question_alone()
    {
        var engine = new ScriptedEngine { Score = (_, _) => -1 };
        await MeasureAsync(engine, Question);

        engine.Scored.Select(s => (s.Conversation.Turns.Single().Content, s.Partial)).ShouldBe(
        [
            ("Nearest to the sun?\n\nA. Mars\nB. Mercury\nC. Io\n\nAnswer with the letter of the right choice.", "Answer:"),
            ("Nearest to the sun?", "Answer:"),
        ]);
        engine.Scored[0].Continuations.ShouldBe([" A", " B", " C"]);
        engine.Scored[1].Continuations.ShouldBe([" Mars", " Mercury", " Io"]);
    }

    [Theory]
    [InlineData("1", "\"b\"")]
    [InlineData("1", "\"B\"")]
    public async Task An_answer_is_a_place_or_a_letter(string place, string letter)
    {
        var engine = new ScriptedEngine { Score = (_, word) => word == " B" ? -1 : -2 };
        var question = Question.Replace($"\"answer\": {place}", $"\"answer\": {letter}", StringComparison.Ordinal);

        (await MeasureAsync(engine, question)).Tallies[0].Hits.ShouldBe(1);
    }

    [Theory]
    [InlineData("1", "3", "must be the place of the right choice, from 0, or its letter; there are 3 choices, not 3.")]
    [InlineData("1", "\"D\"", "must be the place of the right choice, from 0, or its letter; there are 3 choices, not \"D\".")]
    [InlineData("1", "null", "is missing; give the place of the right choice, from 0, or its letter.")]
    public void An_answer_that_is_no_choice_is_refused(string place, string given, string message)
    {
        var errors = new List<FieldError>();
        var line = Question.Replace($"\"answer\": {place}", $"\"answer\": {given}", StringComparison.Ordinal);
        new MultipleChoiceBenchmark().Read(JsonDocument.Parse(line).RootElement, Place.Line(2), errors).ShouldBeEmpty();

        errors.ShouldBe([new("line 2: answer", message)]);
    }

    private static async Task<ItemResult> MeasureAsync(ScriptedEngine engine, string question)
    {
        var benchmark = new MultipleChoiceBenchmark();
        var item = benchmark.Read(JsonDocument.Parse(question).RootElement, Place.Line(2), []).ShouldHaveSingleItem();
        item.Key.ShouldBe("line 2");
        return await benchmark.RunAsync(item, new("evl_1", 0, 1, new(engine, engine, engine), Plain, Decoding.Greedy), default);
    }
}
