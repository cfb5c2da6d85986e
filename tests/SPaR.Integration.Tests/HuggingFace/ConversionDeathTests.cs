using System.Diagnostics;
using System.Runtime.Versioning;
using SPaR.Integration.Tests.Demo;
using SPaR.Integration.Tests.Http;
using SPaR.Tests.HuggingFace;

namespace SPaR.Integration.Tests.HuggingFace;

/// <summary>A conversion whose process or whose worker is killed while it writes is done again, with a worker that is a process of its
/// own.</summary>
[SupportedOSPlatform("linux")]
public sealed class ConversionDeathTests(PostgresFixture postgres)
{
    /// <summary>Of the feed-forward network: 150 MB of weights, which take a while to write.</summary>
    private const int Inner = 400_000;

    /// <summary>Seconds: a worker takes some to start, on a machine that does much else.</summary>
    private const double Patience = 120;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_conversion_that_is_killed_while_it_writes_is_done_again_and_registers_one_model(bool killsWorker)
    {
        var database = await postgres.MigratedDatabaseAsync();
        await using var service = await HttpService.StartAsync(database, engine: null);
        WriteFolder(Path.Combine(service.Models, "hf"));
        var id = (await service.PostAsync("/v1/conversions", """{"kind":"import","source":"hf","name":"big"}""")).ShouldBe(201).Id;
        var target = Path.Combine(service.Models, "converted", $"{id}.gguf");

        var workers = new List<Process> { Work(service, database) };
        try
        {
            var process = await FreezeAsync(workers[0], $"{target}.writing");
            File.Exists(target).ShouldBeFalse("it is killed in the middle");
            if (killsWorker)
            {
                // The process ends with it.
                workers[0].Kill();
                await OsProcesses.ThawAsync(process, TestContext.Current.CancellationToken);
                workers.Add(Work(service, database));
            }
            else
                OsProcesses.Kill(process);
            string status = "";
            await Wait.UntilAsync(
                async () => (status = (await service.GetAsync($"/v1/conversions/{id}"))["status"].GetValue<string>())
                    is "succeeded" or "failed",
                Patience, "the end of the conversion");
            status.ShouldBe("succeeded");
        }
        finally
        {
            foreach (var worker in workers)
                await EndAsync(worker);
        }

        var models = (await service.GetAsync("/v1/models"))["data"].AsArray();
        models.ShouldHaveSingleItem()!["conversion"]!.GetValue<string>().ShouldBe(id);
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!).ShouldBe([target]);
    }

    /// <returns>The process of the conversion, which is writing.</returns>
    private static async Task<int> FreezeAsync(Process worker, string writing)
    {
        await Wait.UntilAsync(() => File.Exists(writing), Patience, "the file that is written");
        var process = OsProcesses.ChildrenOf(worker.Id, "--role\0convert").ShouldHaveSingleItem();
        (await OsProcesses.FreezeAsync(process, TestContext.Current.CancellationToken)).ShouldBeTrue();
        return process;
    }

    private static void WriteFolder(string path)
    {
        using var folder = TinyFolder.Of("qwen2");
        folder.Config["intermediate_size"] = Inner;
        // One array for all of them.
        var zeros = new byte[2L * Inner * TinyFolder.Width];
        foreach (var (name, (type, shape, _)) in folder.Tensors.Where(t => t.Key.Contains(".mlp.", StringComparison.Ordinal)).ToList())
            folder.Tensors[name] = (type, [.. shape.Select(n => n == TinyFolder.Inner ? Inner : n)], zeros);
        folder.Write();
        Directory.CreateDirectory(path);
        foreach (var file in Directory.GetFiles(folder.Path))
            File.Copy(file, Path.Combine(path, Path.GetFileName(file)));
    }

    private static Process Work(HttpService service, string database) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "worker", $"--ConnectionStrings:Spar={database}",
            $"--Models:Folder={service.Models}", "--Jobs:CheckinSeconds=1", "--Logging:LogLevel:Default=Error",
        ])
    { WorkingDirectory = service.Models })!;

    private static async Task EndAsync(Process worker)
    {
        if (!worker.HasExited)
            worker.Kill(entireProcessTree: true);
        await worker.WaitForExitAsync(CancellationToken.None);
        worker.Dispose();
    }
}
