using System.Text.Json;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;

namespace SPaR.Tests.Cli;

public sealed class DemoAblationTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new();

    private string _measured = Canned.Run("succeeded", place: Canned.At(1, "done", Canned.Round(0, accuracy: "0.468")));

    // Refined pairs of a, b and c; independent ones of b, c and d: b and c are compared.
    private string _independent = Pairs("b", "c", "d");

    [Fact]
    public async Task Every_source_trains_on_the_same_number_of_pairs_from_the_same_instructions()
    {
        var reports = await RunAsync();

        reports.Select(report => (report.Source, report.Seed, report.Pairs)).ShouldBe(
        [
            ("refined", 5L, 2), ("independent", 5L, 2), ("sft-only", 5L, 2),
            ("refined", 6L, 2), ("independent", 6L, 2), ("sft-only", 6L, 2),
        ]);
        _service.Asked.Count(asked => asked.Request == "POST /v1/runs/run_1/cancel").ShouldBe(6, "a measurement needs no self-play");
        reports.ShouldAllBe(report => report.ActorAccuracy == new Interval(0.468, 0.1, 0.9));
        foreach (var rows in Sent("POST /v1/datasets").Select(body => body.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            rows.Select(row => JsonDocument.Parse(row).RootElement.GetProperty("prompt")[0].GetProperty("content").GetString())
                .ShouldBe(["b", "c"]);
            JsonDocument.Parse(rows[0]).RootElement.GetProperty("chosen")[0].GetProperty("role").GetString().ShouldBe("assistant");
        }

        Sent("POST /v1/training-runs").Select(body => JsonDocument.Parse(body).RootElement.GetProperty("method").GetString())
            .ShouldBe(["dpo", "dpo", "sft", "dpo", "dpo", "sft"]);
    }

    [Fact]
    public async Task Self_play_makes_pairs_only_and_an_evaluation_trains_nothing()
    {
        await RunAsync();

        var runs = Sent("POST /v1/runs").Select(body => JsonDocument.Parse(body).RootElement).Take(3).ToList();
        var recipes = runs.ConvertAll(run => run.GetProperty("recipe"));
        recipes.Take(2).Select(recipe => recipe.GetProperty("pair").GetProperty("source").GetString()).ShouldBe(["refined", "independent"]);
        recipes.ShouldAllBe(recipe => !Has(recipe, "train"));
        recipes.Select(recipe => Has(recipe, "evaluate")).ShouldBe([false, false, true]);
        runs[2].GetProperty("actor").GetString().ShouldBe("mdl_2");
        runs[2].GetProperty("refiner").GetString().ShouldBe("mdl_1", "every actor is evaluated with the same judge");
    }

    [Fact]
    public async Task A_run_that_ends_without_measures_ends_the_ablation_with_the_reason()
    {
        _measured = Canned.Run("failed", place: Canned.At(0, "evaluate", Canned.Round(0, "evaluate")));

        (await Should.ThrowAsync<CommandException>(RunAsync)).Message.ShouldStartWith("The run run_1 failed");
    }

    [Fact]
    public async Task Without_a_common_instruction_it_says_what_to_change()
    {
        _independent = Pairs("d");

        var message = (await Should.ThrowAsync<CommandException>(RunAsync)).Message;
        message.ShouldContain("seed 5");
        message.ShouldContain("--instructions");
    }

    [Fact]
    public async Task A_failed_training_ends_the_ablation_with_the_reason()
    {
        _service.On("GET /v1/training-runs/trn_1", Canned.Training("trn_1", "failed", 3, failure: "The loss is not finite."));

        (await Should.ThrowAsync<CommandException>(RunAsync)).Message
            .ShouldBe("The training run trn_1 failed. The loss is not finite.");
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    private Task<IReadOnlyList<AblationReport>> RunAsync()
    {
        foreach (var seed in new[] { 5, 6 })
        {
            _service.On($"POST /v1/instruction-sets?name=micro-world%2C%20seed%20{seed}", """{ "id": "set_1", "name": "x", "count": 3 }""")
                .On("GET /v1/runs/run_1/preferences?format=spar", Pairs("a", "b", "c"))
                .On("GET /v1/runs/run_1/preferences?format=spar", _independent);
            foreach (var source in new[] { "refined", "independent", "sft-only" })
                _service.On($"POST /v1/datasets?format=trl&name={source}%2C%20seed%20{seed}", """{ "id": "dat_1", "count": 2 }""");
        }

        _service.On("POST /v1/runs", Canned.Run("queued"))
            .On("GET /v1/runs/run_1", Canned.Run("succeeded"))
            .On("GET /v1/runs/run_1", Canned.Run("succeeded"))
            .On("GET /v1/runs/run_1", _measured)
            .On("POST /v1/runs/run_1/cancel", Canned.Run("cancelling"))
            .On("POST /v1/training-runs", Canned.Training("trn_1", "queued", 0))
            .On("GET /v1/training-runs/trn_1", Canned.Training("trn_1", "succeeded", 28, result: "mdl_2"));
        var runs = new DemoRuns(_service.Client, _terminal.Terminal, TimeProvider.System);
        return new DemoAblation(_service.Client, runs, "mdl_1", new(Json: false, Keep: false, Seed: 5, Instructions: 3))
            .RunAsync(CancellationToken.None);
    }

    private IEnumerable<string> Sent(string request) =>
        _service.Asked.Where(asked => asked.Request.Split('?')[0] == request).Select(asked => asked.Body);

    private static string Pairs(params string[] prompts) =>
        string.Concat(prompts.Select(prompt => Canned.Preference(prompt, "good", "bad") + "\n"));

    private static bool Has(JsonElement recipe, string field) => recipe.TryGetProperty(field, out _);
}
