using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using SPaR.Cli.Demo;
using SPaR.Cli.Supervision;
using Spectre.Console;

namespace SPaR.Integration.Tests.Demo;

/// <summary>The main job as a stranger starts it: real PostgreSQL, real processes, the real tiny model.</summary>
[SupportedOSPlatform("linux")]
public sealed class DemoTests : IDisposable
{
    private const int Instructions = 40;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar demo ");
    private readonly StringWriter _out = new();
    private readonly StringWriter _err = new();

    // PostgreSQL runs as another user when this runs as root, and must be able to enter.
    public DemoTests() => File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);

    public void Dispose()
    {
        _out.Dispose();
        _err.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_demo_makes_pairs_that_the_exact_verifier_confirms()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));

        await DemoCommand.RunAsync(
            Service(), new(Json: true, Keep: false, Seed: 11, Instructions), new(On(_out), On(_err)), TimeProvider.System, limit.Token);

        var report = JsonDocument.Parse(_out.ToString()).RootElement;
        report.GetProperty("inputs").GetInt32().ShouldBe(Instructions);
        var states = report.GetProperty("states").EnumerateObject().ToDictionary(state => state.Name, state => state.Value.GetInt32());
        states.Values.Sum().ShouldBe(Instructions);
        states["pending"].ShouldBe(0);
        states["error"].ShouldBe(0);
        var pairs = report.GetProperty("pairs").GetInt32();
        pairs.ShouldBe(states["paired"]);
        pairs.ShouldBeGreaterThanOrEqualTo(Instructions / 2, "the prototype found pairs for four of five instructions");
        report.GetProperty("similarity").GetProperty("mean").GetDouble().ShouldBeInRange(0.3, 0.99);
        report.GetProperty("verified").GetProperty("chosen").GetDouble().ShouldBeGreaterThanOrEqualTo(0.85);
        report.GetProperty("verified").GetProperty("rejected").GetDouble().ShouldBeLessThanOrEqualTo(0.1);
        var tokens = report.GetProperty("tokens");
        tokens.GetProperty("prefill_computed").GetInt64().ShouldBePositive();
        tokens.GetProperty("prefill_forked").GetInt64().ShouldBePositive();
        tokens.GetProperty("generated").GetInt64().ShouldBePositive();
        report.GetProperty("seconds").GetDouble().ShouldBePositive();
    }

    private SparOptions Service() => SparOptions.OfThisClone() with
    {
        Folder = _folder.FullName,
        Url = $"http://127.0.0.1:{Ports.Free(IPAddress.Loopback, 0)}",
        ConnectionString = null,
        ModelsFolder = null,
        Postgres = new() { FastUnsafe = true },
    };

    private static IAnsiConsole On(TextWriter writer) => AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer) });
}
