using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Xml.Linq;
using SPaR.Cli.Demo;
using SPaR.Cli.Processes;
using SPaR.Cli.Supervision;
using Spectre.Console;

namespace SPaR.Integration.Tests.Demo;

/// <summary>The demo as a user runs it: real PostgreSQL, real processes, the real tiny model.</summary>
[SupportedOSPlatform("linux")]
public sealed class DemoTests : IDisposable
{
    private const int Instructions = 100;
    private const int Rounds = 1;
    private const int HeldOut = 420;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar demo ");
    private readonly StringWriter _out = new();
    private readonly StringWriter _err = new();

    // If the tests run as root, PostgreSQL runs as another user, who must be able to enter.
    public DemoTests() => File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);

    public void Dispose()
    {
        _out.Dispose();
        _err.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_demo_improves_its_model_and_the_exact_verifier_confirms_it()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        await DemoCommand.RunAsync(
            Service(), new(Json: true, Keep: false, Seed: 11, Instructions, Rounds, HeldOut), new(On(_out), On(_err)), TimeProvider.System,
            limit.Token);

        var report = JsonDocument.Parse(_out.ToString()).RootElement;
        CheckPairs(report);
        CheckRounds(report);
        var curves = Directory.GetFiles(Path.Combine(_folder.FullName, "demo"), "*.svg", SearchOption.AllDirectories);
        curves.Select(Path.GetFileName).Order().ShouldBe(
            ["actor-loss.svg", "actor-margin.svg", "actor-preference-loss.svg", "refiner-loss.svg"]);
        foreach (var curve in curves)
            XDocument.Load(curve).Descendants().Count(e => e.Name.LocalName == "polyline").ShouldBe(Rounds, curve);
    }

    private static void CheckPairs(JsonElement report)
    {
        const int Inputs = Rounds * Instructions;
        report.GetProperty("inputs").GetInt32().ShouldBe(Inputs);
        var states = report.GetProperty("states").EnumerateObject().ToDictionary(state => state.Name, state => state.Value.GetInt32());
        states.Values.Sum().ShouldBe(Inputs);
        states["pending"].ShouldBe(0);
        states["error"].ShouldBe(0);
        var pairs = report.GetProperty("pairs").GetInt32();
        pairs.ShouldBe(states["paired"]);
        pairs.ShouldBeGreaterThanOrEqualTo(Inputs / 2, "the prototype found pairs for four of five instructions at first");
        report.GetProperty("similarity").GetProperty("mean").GetDouble().ShouldBeInRange(0.3, 0.99);
        report.GetProperty("verified").GetProperty("chosen").GetDouble().ShouldBeGreaterThanOrEqualTo(0.85);
        report.GetProperty("verified").GetProperty("rejected").GetDouble().ShouldBeLessThanOrEqualTo(0.1);
        var tokens = report.GetProperty("tokens");
        tokens.GetProperty("prefill_computed").GetInt64().ShouldBePositive();
        tokens.GetProperty("prefill_forked").GetInt64().ShouldBePositive();
        tokens.GetProperty("generated").GetInt64().ShouldBePositive();
        report.GetProperty("seconds").GetDouble().ShouldBePositive();
    }

    private static void CheckRounds(JsonElement report)
    {
        var rounds = report.GetProperty("rounds").EnumerateArray().ToList();
        rounds.Select(round => round.GetProperty("round").GetInt32()).ShouldBe(Enumerable.Range(0, Rounds + 1));
        rounds[0].GetProperty("pairs").ValueKind.ShouldBe(JsonValueKind.Null);
        rounds.Skip(1).Sum(round => round.GetProperty("pairs").GetInt32()).ShouldBe(report.GetProperty("pairs").GetInt32());
        foreach (var round in rounds)
        {
            round.GetProperty("judge").GetProperty("f1").GetDouble().ShouldBeGreaterThan(0.9);
            round.GetProperty("actor_accuracy_greedy").GetProperty("mean").GetDouble().ShouldBeInRange(0.3, 1);
            round.GetProperty("single_refinement_success").GetDouble().ShouldBeInRange(0.2, 1);
            round.GetProperty("search_success").GetDouble().ShouldBeInRange(0.5, 1);
        }

        // At temperature 1, where these answers tell the models apart; greedy accuracy need not rise in every round.
        rounds[^1].GetProperty("actor_accuracy").GetProperty("low").GetDouble().ShouldBeGreaterThan(
            rounds[0].GetProperty("actor_accuracy").GetProperty("high").GetDouble(), "self-play makes the actor better");
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
