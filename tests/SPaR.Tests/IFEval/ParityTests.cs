using System.Text.Json;
using SPaR.IFEval;

namespace SPaR.Tests.IFEval;

/// <summary>Compares every verdict with IFEval's public reference on real responses. We may not ship the data: SPAR_IFEVAL_DATA names
/// a folder with <c>ifeval-gpt4-verdicts.jsonl</c> (prompt, response, and the reference's verdicts).</summary>
public sealed class ParityTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_verdict_is_the_references()
    {
        var file = Data("ifeval-gpt4-verdicts.jsonl");
        var read = IfevalPrompts.Read(new StreamReader(file), ignoreUnknown: true);
        read.Errors.ShouldBeEmpty();
        var (equal, compared, byLot) = ((Strict: 0, Loose: 0), 0, 0);
        var different = new List<string>();
        foreach (var (prompt, line) in read.Prompts.Zip(File.ReadLines(file)))
        {
            using var json = JsonDocument.Parse(line);
            var verdicts = prompt.Constraints.Check(json.RootElement.GetProperty("response").GetString()!);
            for (var i = 0; i < prompt.InstructionIds.Count; i++)
            {
                if (IsDrawnByLot(prompt.InstructionIds[i], prompt.Kwargs[i]))
                {
                    byLot++;
                    continue;
                }

                var strict = json.RootElement.GetProperty("strict")[i].GetBoolean();
                var loose = json.RootElement.GetProperty("loose")[i].GetBoolean();
                compared++;
                equal.Strict += verdicts.Strict[i] == strict ? 1 : 0;
                equal.Loose += verdicts.Loose[i] == loose ? 1 : 0;
                if (verdicts.Strict[i] != strict || verdicts.Loose[i] != loose)
                    different.Add(
                        $"{prompt.Key} {prompt.InstructionIds[i]} {prompt.Kwargs[i]}: strict {verdicts.Strict[i]} for {strict}, " +
                        $"loose {verdicts.Loose[i]} for {loose}");
            }
        }

        output.WriteLine($"equal strict {equal.Strict}/{compared}, loose {equal.Loose}/{compared}; {byLot} drawn by lot and not compared");
        different.ShouldBeEmpty();
    }

    [Fact]
    public void Every_public_prompt_is_read()
    {
        var file = Data("ifeval-prompts.jsonl");

        var read = IfevalPrompts.Read(new StreamReader(file));

        read.Errors.ShouldBeEmpty();
        read.Prompts.Count.ShouldBe(File.ReadLines(file).Count());
    }

    /// <summary>The version of the reference that made these verdicts counts letters of the alphabet only: for any other character it
    /// draws a letter at random, once for the strict verdict and once for the loose one.</summary>
    private static bool IsDrawnByLot(string id, JsonElement kwargs) =>
        id == "keywords:letter_frequency" && kwargs.GetProperty("letter").GetString() is not [>= 'a' and <= 'z' or >= 'A' and <= 'Z'];

    private static string Data(string name)
    {
        var folder = Environment.GetEnvironmentVariable("SPAR_IFEVAL_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "SPAR_IFEVAL_DATA names no folder with the reference's verdicts.");
        return Path.Combine(folder!, name);
    }
}
