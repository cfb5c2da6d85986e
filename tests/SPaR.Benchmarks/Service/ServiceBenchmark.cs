using System.Diagnostics;
using System.Text.Json.Nodes;
using SPaR.MicroWorld;

namespace SPaR.Benchmarks.Service;

/// <param name="Pairs">Exported and imported.</param>
/// <param name="Instructions">Imported.</param>
/// <param name="Seconds">Of requests.</param>
/// <param name="Rate">Requests a second, over all connections.</param>
/// <param name="Streams">Open at the same time, of one run.</param>
internal sealed record ServiceSize(int Pairs, int Instructions, int Seconds, int Connections, int Rate, int Streams);

/// <summary>Everything that <c>spar bench service</c> measures, in order: a run alone, transfers beside an idle worker, requests and
/// event streams beside a running one.</summary>
internal static class ServiceBenchmark
{
    /// <summary>Instructions of a run that is measured or watched, and of one that is to last longer than the requests.</summary>
    private const int ShortRun = 150, LongRun = 20_000;

    public static async Task<ServiceReport> RunAsync(ServiceSize size, CancellationToken cancellationToken)
    {
        await using var service = await ServiceUnderTest.StartAsync(cancellationToken);
        var runs = await MicroRuns.OpenAsync(service, cancellationToken);

        ServiceUnderTest.Say($"a run of {ShortRun} instructions alone");
        // The first run also loads the model; its rows are what the filled database is made of.
        var template = await runs.EndAsync(await runs.StartAsync(20, cancellationToken), cancellationToken);
        var cost = await runs.MeasureAsync(ShortRun, cancellationToken);

        ServiceUnderTest.Say($"importing {size.Instructions} instructions");
        var transfers = new Transfers(service);
        var (instructions, set) = await transfers.ImportInstructionsAsync(size.Instructions, cancellationToken);
        ServiceUnderTest.Say($"filling a run with {size.Pairs} pairs");
        var filled = await FilledRun.CreateAsync(service, template, set, size.Pairs / size.Instructions, cancellationToken);
        ProcessTimes.ResetApiPeak();
        ServiceUnderTest.Say("exporting and importing them");
        var export = await transfers.ExportAsync(filled, size.Pairs, cancellationToken);
        var import = await transfers.ImportPairsAsync(size.Pairs, cancellationToken);
        var peak = ProcessTimes.ApiPeak();
        // So that a run that is interrupted has shown something.
        ServiceUnderTest.Say($"{cost}\n{instructions}\n{export}\n{import}\n{peak >> 20} MiB");

        ServiceUnderTest.Say($"{size.Rate} requests a second for {size.Seconds} s beside a run");
        var beside = await runs.StartAsync(LongRun, cancellationToken);
        var requests = await new RequestLoad(service, size).RunAsync([filled, beside], cancellationToken);
        ServiceUnderTest.Say($"{requests}");
        await service.PostAsync($"/v1/runs/{beside}/cancel", (HttpContent?)null, cancellationToken);
        await runs.EndAsync(beside, cancellationToken);

        ServiceUnderTest.Say($"{size.Streams} event streams of a run");
        var watched = await runs.StartAsync(ShortRun, cancellationToken);
        var streaming = new EventStreams(service, size.Streams).WatchAsync(watched, cancellationToken);
        await runs.PauseAndResumeAsync(watched, cancellationToken);
        var streams = await streaming;
        return new(size, export, import, instructions, peak, requests, streams, cost);
    }
}

/// <summary>Runs on the tiny language.</summary>
internal sealed class MicroRuns
{
    private readonly ServiceUnderTest _service;
    private readonly string _model;

    private MicroRuns(ServiceUnderTest service, string model) => (_service, _model) = (service, model);

    public static async Task<MicroRuns> OpenAsync(ServiceUnderTest service, CancellationToken cancellationToken)
    {
        File.Copy(MicroModel.Path, Path.Combine(service.ModelsFolder, MicroModel.FileName));
        var model = await service.PostAsync("/v1/models", new JsonObject { ["path"] = MicroModel.FileName }, cancellationToken);
        return new(service, $"{model["id"]}");
    }

    /// <returns>The id of a run without training.</returns>
    public async Task<string> StartAsync(int instructions, CancellationToken cancellationToken)
    {
        var lines = new InstructionGenerator(new MicroRandom(1)).Take(instructions)
            .Select(i => new JsonObject { ["prompt"] = i.Text }.ToJsonString() + "\n");
        var set = await _service.PostAsync("/v1/instruction-sets?name=bench", new StringContent(string.Concat(lines)), cancellationToken);
        var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
        recipe.Remove("train");
        recipe.Remove("evaluate");
        var run = await _service.PostAsync(
            "/v1/runs",
            new JsonObject { ["instruction_set"] = $"{set["id"]}", ["actor"] = _model, ["recipe"] = recipe, ["seed"] = 1 },
            cancellationToken);
        return $"{run["id"]}";
    }

    /// <summary>Waits until it has ended.</summary>
    public async Task<string> EndAsync(string run, CancellationToken cancellationToken)
    {
        await UntilAsync(run, status => status is "succeeded" or "cancelled" or "failed", cancellationToken);
        return run;
    }

    /// <summary>For more events.</summary>
    public async Task PauseAndResumeAsync(string run, CancellationToken cancellationToken)
    {
        for (var turn = 0; turn < 5; turn++)
        {
            await UntilAsync(run, status => status == "running", cancellationToken);
            await _service.PostAsync($"/v1/runs/{run}/pause", (HttpContent?)null, cancellationToken);
            await UntilAsync(run, status => status == "paused", cancellationToken);
            await _service.PostAsync($"/v1/runs/{run}/resume", (HttpContent?)null, cancellationToken);
        }
    }

    public async Task<RunCost> MeasureAsync(int instructions, CancellationToken cancellationToken)
    {
        var before = ProcessTimes.Read();
        var start = Stopwatch.GetTimestamp();
        await EndAsync(await StartAsync(instructions, cancellationToken), cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var after = ProcessTimes.Read();
        return new(seconds, Part("database"), Part("api"), Part("worker"), Part("engine"));

        double Part(string name) => after.GetValueOrDefault(name) - before.GetValueOrDefault(name);
    }

    private async Task UntilAsync(string run, Func<string, bool> reached, CancellationToken cancellationToken)
    {
        while (!reached($"{(await _service.GetAsync($"/v1/runs/{run}", cancellationToken))["status"]}"))
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
    }
}
