using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.IFEval;
using SPaR.Method.Input;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>IFEval (arXiv 2311.07911): how often answers follow instructions that a program verifies. A line is one of its
/// <c>input_data.jsonl</c>: <c>{key, prompt, instruction_id_list, kwargs}</c>.</summary>
/// <remarks>The four measures have IFEval's names. A prompt counts when all its instructions are followed, an instruction by itself. Strict
/// takes the answer as it is; loose also accepts it without introduction, closing remark and emphasis. The two instruction-level measures
/// are also given by type of instruction.</remarks>
public sealed class IfevalBenchmark : IBenchmark
{
    public string Name => "ifeval";

    public string Description =>
        "IFEval: how often answers follow instructions that a program verifies. A line is one of its input_data.jsonl: key, prompt, "
        + "instruction_id_list, kwargs. Measures prompt_level_strict_acc, prompt_level_loose_acc, and inst_level_strict_acc and "
        + "inst_level_loose_acc by type of instruction.";

    public string? Example => """
        { "key": 1, "prompt": "Name three colours without any comma.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}] }
        """;

    public IReadOnlyList<Column> Columns { get; } =
        [new("key", ColumnType.Json), new("prompt"), new("instruction_id_list", ColumnType.Json), new("kwargs", ColumnType.Json)];

    public BenchmarkNeeds Needs => BenchmarkNeeds.Answers;

    public IReadOnlyList<BenchmarkItem>? Own => null;

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors)
    {
        var fields = new FieldReader(json, place, errors);
        if (!fields.IsValid)
            return [];
        var read = PromptOf(json);
        foreach (var error in read.Errors)
            errors.Add(new(error.Field.Length == 0 ? place.Name : place.Of(error.Field), error.Message));
        return fields.IsValid ? [.. read.Prompts.Select(p => new BenchmarkItem($"{p.Key}", json.Clone()))] : [];
    }

    public async Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken)
    {
        var prompt = PromptOf(item.Body).Prompts[0];
        var answered = await Answering.AskAsync(measuring, [new("user", prompt.Prompt)], cancellationToken);
        var verdicts = prompt.Constraints.Check(answered.Text);
        return new()
        {
            Tallies =
            [
                Hit("prompt_level_strict_acc", verdicts.AllStrict), Hit("prompt_level_loose_acc", verdicts.AllLoose),
                .. prompt.InstructionIds.Select((id, i) => Hit("inst_level_strict_acc", verdicts.Strict[i], id)),
                .. prompt.InstructionIds.Select((id, i) => Hit("inst_level_loose_acc", verdicts.Loose[i], id)),
            ],
            Text = answered.Text,
            Reasoning = answered.Reasoning,
            Detail = ItemJson.Of(new
            {
                instructions = prompt.InstructionIds.Select((id, i) => new { id, strict = verdicts.Strict[i], loose = verdicts.Loose[i] }),
            }),
            Usage = answered.Usage,
            Generations = answered.Generations,
            Judged = answered.Judged,
        };
    }

    private static Tally Hit(string measure, bool followed, string? group = null) => new(measure, followed ? 1 : 0, Group: group);

    // Serialised again, because the reader expects one object per line.
    private static IfevalFile PromptOf(JsonElement json) => IfevalPrompts.Read(new StringReader(JsonSerializer.Serialize(json)));
}
