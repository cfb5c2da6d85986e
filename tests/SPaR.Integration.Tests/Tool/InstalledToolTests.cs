using System.Diagnostics;
using SPaR.Cli.Commands;
using SPaR.Integration.Tests.Http;
using SPaR.Tests;

namespace SPaR.Integration.Tests.Tool;

/// <summary>The terminal as a dotnet tool, installed outside of the clone from a package that was made here.</summary>
public sealed class InstalledToolTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-tool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_talks_to_any_service_and_says_what_needs_the_clone()
    {
        var (packages, tools) = (Path.Combine(_folder, "packages"), Path.Combine(_folder, "tools"));
        await RunAsync(
            "dotnet", Repository.Root, [],
            "pack", "src/SPaR.Cli", "-c", Configuration, "--no-build", "-v", "q", "-nologo", "-o", packages);
        await RunAsync("dotnet", _folder, [], "tool", "install", "SPaR.Terminal", "--tool-path", tools, "--source", packages);
        var spar = Path.Combine(tools, "spar");
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        string[] key = ["SPAR_KEY=" + service.Key];

        (await RunAsync(spar, _folder, [], "--help")).ShouldContain("SPAR_URL");
        (await RunAsync(spar, _folder, key, "runs", "list", "--json", "--url", $"{service.Address}")).Trim().ShouldBe("[]");
        (await RunAsync(spar, _folder, [.. key, $"SPAR_URL={service.Address}"], "status")).ShouldContain($"{service.Address}");
        await FailAsync(CommandEnd.KeyRefused, spar, [], "runs", "list", "--url", $"{service.Address}");
        await FailAsync(CommandEnd.Failure, spar, key, "runs", "list");
        foreach (var command in new[] { "up", "demo", "bootstrap" })
            (await FailAsync(CommandEnd.Failure, spar, key, command)).ShouldContain("Clone the repository");
        (await FailAsync(CommandEnd.Failure, spar, key, "keys", "list")).ShouldContain("Clone the repository");
    }

    private static string Configuration =>
        new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;

    /// <returns>What it wrote to standard output.</returns>
    private async Task<string> RunAsync(string program, string folder, string[] variables, params string[] arguments)
    {
        var (code, output, error) = await StartAsync(program, folder, variables, arguments);
        code.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {output}{error}");
        return output;
    }

    /// <returns>What it wrote to standard error.</returns>
    private async Task<string> FailAsync(int code, string program, string[] variables, params string[] arguments)
    {
        var (exit, _, error) = await StartAsync(program, _folder, variables, arguments);
        exit.ShouldBe(code, error);
        return error;
    }

    private static async Task<(int Code, string Output, string Error)> StartAsync(
        string program, string folder, string[] variables, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in variables.Select(v => v.Split('=', 2)))
            start.Environment[variable[0]] = variable[1];
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }
}
