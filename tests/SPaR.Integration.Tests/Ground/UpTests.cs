using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace SPaR.Integration.Tests.Ground;

/// <summary><c>spar up</c> as a user runs it: the real client, host and PostgreSQL, as processes.</summary>
[SupportedOSPlatform("linux")]
public sealed class UpTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar up ");

    public UpTests() => File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_killed_supervisor_leaves_no_process_behind()
    {
        using var up = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.Cli.dll"), "up", "--folder", _folder.FullName])
        {
            RedirectStandardError = true,
            Environment = { ["Urls"] = "http://127.0.0.1:0" },
        })!;
        var said = new List<string>();
        while (said.LastOrDefault() != "Ctrl-C stops it.")
            said.Add(
                (await up.StandardError.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull(string.Join('\n', said)));
        var children = Children(up.Id);
        children.Length.ShouldBe(3, "PostgreSQL, API and worker");

        up.Kill();
        // A worker that only was asked to stop waited 17 seconds for the database.
        await Wait.UntilAsync(() => !children.Any(pid => Directory.Exists($"/proc/{pid}")), seconds: 5, awaited: "the end of the children");
    }

    private static int[] Children(int parent) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Where(pid => ParentOf(pid) == parent),
    ];

    private static int ParentOf(int pid)
    {
        try
        {
            // "pid (name) state parent …"; the name may contain anything.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It ended after the listing.
            return 0;
        }
    }
}
