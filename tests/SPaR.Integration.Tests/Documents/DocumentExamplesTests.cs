using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SPaR.Integration.Tests.Training;
using SPaR.Tests;

namespace SPaR.Integration.Tests.Documents;

/// <summary>Runs the curl examples of the documentation, as they stand there, in bash. Stand-ins for curl and jq on its path spare their
/// installation.</summary>
public sealed partial class DocumentExamplesTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-documents-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_curl_examples_work_in_their_order()
    {
        await using var training = await TrainingService.StartAsync(postgres);
        File.Copy(Path.Combine(training.Models, "tiny.gguf"), Path.Combine(training.Models, "my-model.gguf"));
        Write(".spar/key", training.Http.Key);
        Write("instructions.jsonl", "{\"prompt\":\"a hard one\"}\n{\"prompt\":\"another\"}");
        Write("input_data.jsonl", """{"key":1,"prompt":"Use no commas.","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}""");
        Write(
            "pairs.jsonl",
            """
            {"prompt":[{"role":"user","content":"one"}],"chosen":[{"role":"assistant","content":"a good answer"}],"rejected":[{"role":"assistant","content":"bad"}]}
            """);
        foreach (var program in new[] { "curl", "jq" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Documents", $"{program}.sh"), Path.Combine(_folder, program));

        var (exitCode, printed) = await RunAsync(
            training.Http.Address.Port, Examples("api.md", "datasets.md", "training.md", "evaluation.md"));

        exitCode.ShouldBe(0, printed);
        Read("requests").Length.ShouldBe(26);
        Read("preferences.jsonl").Length.ShouldBe(2);
    }

    /// <summary>The blocks of bash that are not for <c>./spar</c>, one after the other.</summary>
    private static string Examples(params string[] pages) => string.Join('\n', pages
        .SelectMany(page => BashBlock().Matches(Repository.Read($"docs/{page}"))).Select(block => block.Groups[1].Value)
        .Where(block => !block.StartsWith("./spar", StringComparison.Ordinal)));

    private async Task<(int ExitCode, string Printed)> RunAsync(int port, string examples)
    {
        var script = $"set -euo pipefail\nchmod +x curl jq\nPATH=$PWD:$PATH\n{examples}";
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["SPAR_PORT"] = port.ToString(CultureInfo.InvariantCulture) },
        })!;
        var error = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (bash.ExitCode, output + await error);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private string[] Read(string name) => File.ReadAllLines(Path.Combine(_folder, name));

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex BashBlock();
}
