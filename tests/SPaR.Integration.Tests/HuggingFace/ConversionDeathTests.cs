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

        using var first = Work(service, database);
        await Wait.UntilAsync(() => File.Exists($"{target}.writing"), awaited: "the file that is written");
        var process = OsProcesses.ChildrenOf(first.Id, "--role\0convert").ShouldHaveSingleItem();
        (await OsProcesses.FreezeAsync(process, TestContext.Current.CancellationToken)).ShouldBeTrue();
        File.Exists(target).ShouldBeFalse("it is killed in the middle");
        if (killsWorker)
        {
            // The process ends with it.
            first.Kill();
            await OsProcesses.ThawAsync(process, TestContext.Current.CancellationToken);
        }
        else
            OsProcesses.Kill(process);
        using var second = killsWorker ? Work(service, database) : null;
        string status = "";
        await Wait.UntilAsync(
            async () => (status = (await service.GetAsync($"/v1/conversions/{id}"))["status"].GetValue<string>())
                is "succeeded" or "failed",
            seconds: 60, "the end of the conversion");
        foreach (var worker in new[] { first, second }.OfType<Process>())
            await EndAsync(worker);

        status.ShouldBe("succeeded");
        var models = (await service.GetAsync("/v1/models"))["data"].AsArray();
        models.ShouldHaveSingleItem()!["conversion"]!.GetValue<string>().ShouldBe(id);
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!).ShouldBe([target]);
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
        await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
