using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Commands;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Demo;

/// <summary>A real service whose worker runs each model in its own process.</summary>
[SupportedOSPlatform("linux")]
public sealed class OwnProcessTests
{
    [Fact]
    public async Task Actor_and_refiner_have_a_process_each_and_a_run_survives_the_end_of_both_and_of_the_worker()
    {
        await using var service = await RealService.StartAsync();
        var refiner = await service.AddModelAsync("refiner.gguf");
        var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
        recipe.Remove("train");
        recipe.Remove("evaluate");
        var instructions = new InstructionGenerator(new MicroRandom(5)).Take(50);
        var lines = string.Concat(instructions.Select(i => JsonSerializer.Serialize(new { prompt = i.Text }) + "\n"));
        var set = await service.Client.SubmitInstructionSetAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(lines)), name: "own", cancellationToken: service.Limit);
        var run = await service.Client.StartRunAsync(
            new()
            {
                InstructionSet = set.Id,
                Actor = service.Model,
                Refiner = refiner,
                Seed = 3,
                AdditionalFields = JsonFile.Field("recipe", recipe),
            },
            cancellationToken: service.Limit);

        await Wait.UntilAsync(async () => (await service.Client.GetRunAsync(run.Id, service.Limit)).Progress.Done > 5, seconds: 120);
        var worker = service.Worker().ShouldNotBeNull();
        var engines = OsProcesses.ChildrenOf(worker, "--role\0engine");
        engines.Count.ShouldBe(2);
        engines.ForEach(OsProcesses.Kill);
        await Wait.UntilAsync(() => OsProcesses.ChildrenOf(worker, "--role\0engine").Except(engines).Count() == 2, seconds: 120);
        engines = OsProcesses.ChildrenOf(worker, "--role\0engine");
        OsProcesses.Kill(worker);
        await Wait.UntilAsync(() => engines.TrueForAll(id => !Directory.Exists($"/proc/{id}")));

        var end = await service.EndAsync(run.Id);
        end.Status.ShouldBe("succeeded");
        end.Progress.States.Values.Sum().ShouldBe(50);
        end.Progress.States["error"].ShouldBe(0);
        var pairs = await service.Client.GetPreferencesAsync(run.Id, cancellationToken: service.Limit).ToListAsync(service.Limit);
        pairs.Count.ShouldBe(end.Progress.States["paired"]);
    }
}
