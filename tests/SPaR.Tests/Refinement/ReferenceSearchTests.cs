using System.Text.Json;
using SPaR.Method.Examples;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Pairs;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Tests.Refinement;

/// <summary>400 traces of the public reference implementation of the paper's search, replayed: the same requests in the same order,
/// the same tree, the same choice.</summary>
public sealed class ReferenceSearchTests
{
    private const int Traces = 400;

    private static readonly string[] Lines =
        File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Refinement", "reference-search.jsonl"));

    public static TheoryData<int> LineNumbers => [.. Enumerable.Range(0, Traces)];

    [Fact]
    public void There_are_400_traces() => Lines.Length.ShouldBe(Traces);

    [Theory]
    [MemberData(nameof(LineNumbers))]
    public async Task Sequential_search_repeats_the_reference(int line)
    {
        using var document = JsonDocument.Parse(Lines[line]);
        var trace = document.RootElement;
        var expected = trace.GetProperty("expected");
        var engine = Engine(trace.GetProperty("script"));
        var item = Items.Item(engine, new(), Recipe(trace.GetProperty("options")));

        var search = await RefineStage.RunAsync(item, Root(), CancellationToken.None);

        engine.Asked.ShouldBe(expected.GetProperty("requests").EnumerateArray().Select(r => $"{r[0]} {r[1]}"));
        search.Tree.Nodes.Count.ShouldBe(expected.GetProperty("judged").GetInt32());
        Draw(search.Tree.Root).ShouldBe(Draw(expected.GetProperty("tree")));
        Critiques(search, v => v is > 0.5 and < 1).ShouldBe(Texts(expected, "judge_positive"), ignoreOrder: true);
        Critiques(search, v => v is > 0 and < 0.5).ShouldBe(Texts(expected, "judge_negative"), ignoreOrder: true);
        CompareChoice(item, search, expected);
    }

    private static void CompareChoice(ItemRun item, SearchResult search, JsonElement expected)
    {
        var (pair, failure) = PairBuilder.Build(item, search);
        var examples = RefinerExamples.FromSearch(item, search, accepted: pair is not null).ToList();
        if (expected.GetProperty("no_child").GetBoolean())
        {
            search.Final.ShouldBeNull();
            failure.ShouldBe("no-child");
            return;
        }

        var final = expected.GetProperty("final");
        (search.Final!.Text, search.Final.Value, search.Final.Row.Depth).ShouldBe(
            (final.GetProperty("answer").GetString()!, final.GetProperty("value").GetDouble(), final.GetProperty("depth").GetInt32()));
        if (expected.GetProperty("pair") is { ValueKind: JsonValueKind.Object } preferred)
        {
            pair!.Chosen.ShouldBe(preferred.GetProperty("chosen").GetString());
            pair.Rejected.ShouldBe(preferred.GetProperty("rejected").GetString());
            var wanted = expected.GetProperty("refine_example");
            var messages = examples.Single(e => e.Kind == ExampleKind.Refine).Messages;
            messages[1].Content.ShouldBe(wanted.GetProperty("answer").GetString());
            Name(messages[3].Content).ShouldBe(wanted.GetProperty("critique").GetString());
            messages[^1].Content.ShouldBe(wanted.GetProperty("refined").GetString());
        }
        else
        {
            pair.ShouldBeNull();
            examples.ShouldNotContain(e => e.Kind == ExampleKind.Refine);
        }
    }

    private static ScriptedEngine Engine(JsonElement script)
    {
        var engine = new ScriptedEngine();
        foreach (var answer in script.GetProperty("refine").EnumerateObject())
            engine.WhenRefining(answer.Name).Say([.. answer.Value.EnumerateArray().Select(m => m.GetString())]);
        foreach (var answer in script.GetProperty("judge").EnumerateObject())
        {
            foreach (var votes in answer.Value.EnumerateArray())
                engine.WhenJudging(answer.Name).Say([.. votes.EnumerateArray().Select(v => Enum.Parse<Verdict>(v.GetString()!, true))]);
        }

        return engine;
    }

    private static Recipe Recipe(JsonElement options) => Items.Plain with
    {
        Refine = new()
        {
            Strategy = options.GetProperty("algorithm").GetString()!,
            Expansion = Expansion.Sequential,
            Branch = options.GetProperty("branch").GetInt32(),
            Keep = options.GetProperty("select_branch").GetInt32(),
            Depth = options.GetProperty("max_depth").GetInt32(),
            Budget = options.GetProperty("budget").GetInt32(),
            StopAbove = options.GetProperty("end_gate").GetDouble(),
        },
    };

    private static JudgedAnswer Root()
    {
        var key = new ItemKey("run_1", 0, "ins_1");
        var answer = new Answer
        {
            RunId = key.RunId,
            Round = key.Round,
            InstructionId = key.InstructionId,
            Index = 0,
            Text = "r",
            Tokens = [],
            Truncated = false,
            Seed = 0,
            ModelHash = "",
            PromptHash = "",
        };
        return new(answer, new()
        {
            RunId = key.RunId,
            Round = key.Round,
            InstructionId = key.InstructionId,
            Subject = "a0",
            Attempt = 0,
            Votes = [new(Verdict.No, "r#root No", [], false, 0)],
            Label = Label.Bad,
            Value = 0,
            Critique = 0,
            ModelHash = "",
            PromptHash = "",
        });
    }

    private static string Draw(TreeNode node) =>
        $"{node.Text} {node.Value:R} {Name(node.Critique.Text)} depth {node.Row.Depth} order {node.Row.Order}"
        + $" [{string.Join(", ", node.Children.Select(Draw))}]";

    private static string Draw(JsonElement node) =>
        $"{node.GetProperty("answer")} {node.GetProperty("value").GetDouble():R} {node.GetProperty("critique")} "
        + $"depth {node.GetProperty("depth")} order {node.GetProperty("order")}"
        + $" [{string.Join(", ", node.GetProperty("children").EnumerateArray().Select(Draw))}]";

    private static string[] Critiques(SearchResult search, Func<double, bool> split) =>
        [.. search.Tree.Nodes.Where(n => split(n.Value)).Select(n => Name(n.Critique.Text))];

    private static string[] Texts(JsonElement expected, string name) =>
        [.. expected.GetProperty(name).EnumerateArray().Select(t => t.GetString()!)];

    /// <summary>"r.0#1.2 Yes" is the vote r.0#1.2.</summary>
    private static string Name(string critique) => critique.Split(' ')[0];
}
