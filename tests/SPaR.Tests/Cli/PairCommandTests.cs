using System.Net;
using System.Security.Cryptography;
using System.Text;
using SPaR.Cli.Commands;

namespace SPaR.Tests.Cli;

/// <summary>Pairs, datasets and lineage in the terminal.</summary>
public sealed class PairCommandTests : IDisposable
{
    private const string Missing = """{ "code": "not-found", "detail": "There is no verdict." }""", Problem = "application/problem+json";

    private readonly TestTerminal _terminal = new();
    private readonly CannedService _service = new();

    [Fact]
    public async Task Pairs_are_listed_with_their_verdicts()
    {
        _service.On(
            "GET /v1/runs/run_1/pairs?limit=20&round=2&verdict=reject",
            """
            { "data": [ { "id": "pair_1", "round": 2, "ordinal": 3, "chosen_value": 0.8, "similarity": 0.5, "filtered_by": "human",
                          "human": { "verdict": "reject", "by": "ann" } } ], "has_more": false, "after": null }
            """);

        await PairCommands.ListAsync(Session(), "run_1", "reject", 2, 20, CancellationToken.None);

        _terminal.Out.Split('\n')[1].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ShouldBe(["pair_1", "2", "3", "0.8", "0.5", "human", "reject", "ann"]);
    }

    [Fact]
    public async Task A_pair_is_shown_by_what_the_chosen_answer_changes()
    {
        _service.On(
            "GET /v1/pairs/pair_1",
            """
            { "messages": [ { "role": "user", "content": "Say [hi]." } ], "rejected": "ho there", "chosen": "hi there",
              "rejected_value": 0, "chosen_value": 1, "similarity": 0.5, "human": { "verdict": "reject", "by": "ann", "note": "No." } }
            """);

        await PairCommands.ShowAsync(Session(), "pair_1", CancellationToken.None);

        _terminal.Out.ShouldContain("user: Say [hi].");
        _terminal.Out.ShouldContain("-ho +hi there");
        _terminal.Out.ShouldContain("reject by ann: No.");
    }

    [Fact]
    public async Task A_verdict_is_given_over_the_one_that_was_read()
    {
        _service.On("GET /v1/pairs/pair_1/verdict", Missing, HttpStatusCode.NotFound, Problem)
            .On("PUT /v1/pairs/pair_1/verdict", "{}", tag: "\"vrd_6\"")
            .On("GET /v1/pairs/pair_2/verdict", "{}", tag: "\"vrd_7\"")
            .On("PUT /v1/pairs/pair_2/verdict", "{}", tag: "\"vrd_8\"");

        await PairCommands.SayAsync(Session(), ["pair_1", "pair_2"], "accept", "Good.", CancellationToken.None);

        _service.Asked.Select(a => a.Body).ShouldBe(
            ["", """{"verdict":"accept","note":"Good."}""", "", """{"verdict":"accept","note":"Good."}"""]);
        _terminal.Err.ShouldBe("pair_1: accept\npair_2: accept\n");
    }

    [Fact]
    public async Task A_dataset_is_made_of_runs()
    {
        _service.On("POST /v1/datasets/from-runs", """{ "id": "ds_1", "version": 2 }""");

        await DatasetCommands.FreezeAsync(Session(), "mine", ["run_1"], """{"min_value":0.8}""", CancellationToken.None);

        _service.Asked.ShouldHaveSingleItem().Body.ShouldBe("""{"name":"mine","runs":["run_1"],"filters":{"min_value":0.8}}""");
        _terminal.Out.ShouldContain("ds_1");
    }

    [Fact]
    public async Task A_dataset_is_downloaded_and_its_hash_compared()
    {
        const string Rows = "{}\n";
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Rows)));
        var folder = Directory.CreateTempSubdirectory("spar-download-");
        var file = Path.Combine(folder.FullName, "rows.jsonl");
        _service.On("GET /v1/datasets/ds_1/file?format=trl&as=jsonl", Rows, tag: $"\"{sha256}\"");

        await DatasetCommands.DownloadAsync(Session(), "ds_1", "trl", "jsonl", file, CancellationToken.None);

        (await File.ReadAllTextAsync(file)).ShouldBe(Rows);
        await File.WriteAllTextAsync(file, "another");
        await Should.ThrowAsync<CommandException>(
            () => DatasetCommands.DownloadAsync(Session(), "ds_1", "trl", "jsonl", file, CancellationToken.None));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_lineage_of_a_pair_is_a_tree()
    {
        _service.On(
            "GET /v1/lineage/pair_1",
            """
            { "pair": "pair_1", "instruction": { "position": 3, "set": "set_1", "set_name": "first" },
              "run": { "id": "run_1", "round": 1, "recipe": "paper", "seed": "7", "actor": { "id": "mdl_1", "sha256": "aa" },
                       "refiner": { "id": "mdl_1", "sha256": "aa" }, "judge": { "id": "mdl_1", "sha256": "aa" } },
              "rejected": { "subject": "a2", "value": 0 }, "chosen": [ { "subject": "r", "value": 0 }, { "subject": "r.0", "value": 1 } ],
              "values": { "filtered_by": null }, "human": { "verdict": "accept", "by": "ann" },
              "datasets": [ { "id": "ds_1", "name": "mine", "version": 2 } ],
              "trainings": [ { "id": "trn_1", "method": "dpo", "status": "succeeded", "dropped": null } ],
              "models": [ { "id": "mdl_2", "name": "better" } ],
              "evaluations": [ { "id": "evl_1", "benchmark": "ifeval", "status": "succeeded" } ] }
            """);

        await LineageCommand.RunAsync(Session(), "pair_1", CancellationToken.None);

        foreach (var part in new[] { "instruction 3 of set_1 (first)", "r.0, value 1", "accept by ann", "version 2", "mdl_2 (better)" })
            _terminal.Out.ShouldContain(part);
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _service.Dispose();
    }

    private Session Session() => new(_service.Client, _terminal.Terminal, Json: false, TimeProvider.System);
}
