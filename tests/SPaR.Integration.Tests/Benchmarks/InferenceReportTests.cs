using System.Text.Json.Nodes;
using SPaR.Benchmarks.Inference;
using Spectre.Console;

namespace SPaR.Integration.Tests.Benchmarks;

public sealed class InferenceReportTests
{
    private static readonly InferenceReport Report = new(
        "a model [of mine]", "f16", 2, 32_768,
        new Dictionary<string, Arm>
        {
            [InferenceReport.Sequential] = new(5900, 42_000, 44.5, 80.25, 132.6, 1),
            [InferenceReport.Spar] = new(47_200, 18_000, 96, 180, 491.7, 8, 90, 1200, 38.9),
        },
        3.71, 2.4, 0.91, 0.053, new Dictionary<string, double>
        {
            ["zipf_32k"] = 16.3
        }, [new(4096, 11_800, 4500, 25.5, 2)], [new(8, 0.0025, 1, 0.002)]);

    [Fact]
    public void Json_has_the_names_that_others_read()
    {
        var json = JsonNode.Parse(Report.ToJson())!.AsObject();
        json.Select(p => p.Key).ShouldBe([
            "model", "quantisation", "threads", "cells", "arms", "speedup_over_sequential", "speedup_over_sequential_shared",
            "share_of_ceiling", "prefill_share", "sampler_microseconds", "resident_cells", "batch_shapes"]);
        json["arms"]!["sequential"]!.AsObject().Select(p => p.Key).ShouldBe([
            "tokens_generated", "prefill_tokens", "seconds", "processor_seconds", "tokens_per_second", "trees_measured"]);
        json["arms"]!["spar"]!["sequences_per_step"]!.GetValue<double>().ShouldBe(38.9);
        json["resident_cells"]![0]!.AsObject().Select(p => p.Key).ShouldBe([
            "resident_cells", "tokens_generated", "prefill_tokens", "seconds", "trees_measured"]);
        json["batch_shapes"]![0]!.AsObject().Select(p => p.Key).ShouldBe([
            "sequences", "seconds_per_token", "engine_sequences_per_step", "engine_seconds_per_token"]);
    }

    [Fact]
    public void A_reader_gets_tables()
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        Report.Draw(console);
        text.ToString().ShouldContain("a model [of mine], f16, 2 threads, 32768 cells");
        text.ToString().ShouldMatch(@"spar +47200 +18000 +96 +180 +491.7 +8");
        text.ToString().ShouldMatch(@"share of ceiling +0.91");
        text.ToString().ShouldMatch(@"8 +2500 +1 +2000");
    }
}
