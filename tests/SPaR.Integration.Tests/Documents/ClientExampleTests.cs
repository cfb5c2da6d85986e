using SPaR.Client;
using SPaR.Integration.Tests.Training;
using SPaR.Tests;

namespace SPaR.Integration.Tests.Documents;

/// <summary>Runs the example of docs/client.md, as it stands there, with nothing but the client.</summary>
public sealed class ClientExampleTests(PostgresFixture postgres) : IDisposable
{
    private const int Indent = 8;

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-client-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_example_makes_pairs_freezes_them_and_downloads_the_dataset()
    {
        await using var training = await TrainingService.StartAsync(postgres);
        File.Copy(Path.Combine(training.Models, "tiny.gguf"), Path.Combine(training.Models, "my-model.gguf"));
        var instructions = Path.Combine(_folder, "instructions.jsonl");
        await File.WriteAllTextAsync(instructions, "{\"prompt\":\"a hard one\"}\n{\"prompt\":\"another\"}");
        var (written, target) = (new StringWriter(), Path.Combine(_folder, "first.jsonl"));

        await RunAsync(training.Http.Address, training.Http.Key, instructions, target, written);

        written.ToString().ShouldContain("succeeded");
        (await File.ReadAllLinesAsync(target)).Length.ShouldBe(2);
        written.ToString().ShouldContain("invalid-run: actor");
    }

    [Fact]
    public void The_documentation_shows_what_is_run()
    {
        var run = Repository.Read("tests/SPaR.Integration.Tests/Documents/ClientExampleTests.cs").Split("        // docs/client.md\n")[1];
        var shown = Repository.Read("docs/client.md").Split("```csharp\n")[1].Split("```")[0];

        shown.ShouldBe(string.Join('\n', run.Split('\n').Select(line => line.Length > Indent ? line[Indent..] : line))
            .Replace("console.", "Console.", StringComparison.Ordinal));
    }

    private static async Task RunAsync(Uri url, string key, string file, string target, TextWriter console)
    {
        // docs/client.md
        using var spar = SparClient.Connect(url, key);
        var model = await spar.RegisterModelAsync(new() { Path = "my-model.gguf" });
        await using var instructions = File.OpenRead(file);
        var set = await spar.SubmitInstructionSetAsync(instructions, name: "first");
        var run = await spar.StartRunAsync(new()
        {
            InstructionSet = set.Id,
            Actor = model.Id,
            Recipe = new() { Refine = new() { Strategy = "bfs", Depth = 2 } },
            Seed = 1,
        });

        await foreach (var happened in spar.GetRunEventsStreamingAsync(run.Id))
            if (happened.Type == "progress")
            {
                run = happened.Read<Run>();
                console.WriteLine($"{run.Status}: {run.Progress.Done} of {run.Progress.Total}");
            }

        await foreach (var pair in spar.GetPreferencesAsync(run.Id))
            console.WriteLine($"{pair.Chosen} over {pair.Rejected}");

        var dataset = await spar.FreezeDatasetAsync(new() { Name = "first", Runs = [run.Id] });
        await spar.DownloadDatasetAsync(dataset.Id, target, format: "trl");

        try
        {
            await spar.StartRunAsync(new() { InstructionSet = set.Id, Actor = "mdl_unknown" });
        }
        catch (SparApiException e)
        {
            console.WriteLine($"{e.Code}: {string.Join(", ", e.Errors.Select(error => error.Field))}");
        }
        // docs/client.md
    }
}
