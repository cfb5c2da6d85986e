using System.Diagnostics;
using System.Text.RegularExpressions;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Training;
using SPaR.Tests;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>The examples of docs/openai.md, run as they stand there by Node with OpenAI's npm client. Skipped where Node is not installed or
/// npm cannot download the client.</summary>
public sealed partial class NpmClientTests(PostgresFixture postgres, MicroService micro) : IClassFixture<MicroService>, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-npm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_example_of_the_documentation_trains_a_model()
    {
        await InstallAsync();
        await using var service = await TrainingService.StartRealAsync(postgres);
        Write("pairs.jsonl", OpenAiRows.Preferences(16));

        var printed = await RunExampleAsync(0, service.Http, service.Model);

        printed.ShouldContain("The job has successfully completed");
        printed.ShouldContain("Step 1/");
        var model = (await service.Http.GetAsync("/openai/v1/models"))["data"][0]!["id"]!.GetValue<string>();
        printed.TrimEnd().ShouldEndWith(model);
    }

    [Fact]
    public async Task The_example_of_the_documentation_streams_an_answer()
    {
        await InstallAsync();
        (await RunExampleAsync(1, micro.Service, MicroService.Model)).Trim().ShouldNotBeEmpty();
    }

    /// <param name="index">Its place in the page.</param>
    /// <returns>What it printed.</returns>
    private async Task<string> RunExampleAsync(int index, HttpService service, string model)
    {
        Directory.CreateDirectory(Path.Combine(_folder, ".spar"));
        Write(".spar/key", service.Key);
        Write("example.mjs", Example().Matches(Repository.Read("docs/openai.md"))[index].Groups[1].Value
            .Replace("http://127.0.0.1:8765/", service.Address.ToString(), StringComparison.Ordinal)
            .Replace("\"my-model\"", $"\"{model}\"", StringComparison.Ordinal));
        var (exitCode, printed) = await RunAsync("node", "example.mjs");
        exitCode.ShouldBe(0, printed);
        return printed;
    }

    private async Task InstallAsync()
    {
        foreach (var file in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, "OpenAi", file), Path.Combine(_folder, file));
        try
        {
            var (exitCode, printed) = await RunAsync(
                "npm", "ci", "--no-audit", "--no-fund", "--fetch-retries", "1", "--fetch-timeout", "30000");
            Assert.SkipUnless(exitCode == 0, $"npm cannot install OpenAI's client: {printed}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node and npm are not installed.");
        }
    }

    private async Task<(int ExitCode, string Printed)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Longest);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await error + output);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    [GeneratedRegex("```js\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
