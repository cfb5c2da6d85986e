namespace SPaR.Integration.Tests.Http;

/// <summary>One service for all tests of a class, with a scripted model registered in it.</summary>
public sealed class SharedService(PostgresFixture postgres) : IAsyncLifetime
{
    internal ScriptedModel Engine { get; } = new();

    public HttpService Service { get; private set; } = null!;

    /// <summary>The id of a registered model.</summary>
    public string Model { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), Engine);
        TinyGguf.Write(Path.Combine(Service.Models, "tiny.gguf"));
        Model = (await Service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
    }

    /// <summary>Runs instructions of which each gives a pair: "a good answer" over "a poor answer".</summary>
    /// <param name="constraints">Of every instruction, as JSON.</param>
    /// <returns>The id of the run, which has succeeded.</returns>
    public async Task<string> RunAsync(int instructions, string constraints = "null", string recipe = "{}")
    {
        var set = (await Service.PostAsync("/v1/instruction-sets?name=s", string.Join('\n', Enumerable.Range(0, instructions)
            .Select(i => $$"""{"prompt":"question {{i}}","constraints":{{constraints}}}""")), "application/x-ndjson")).ShouldBe(201).Id;
        var run = (await Service.PostAsync(
            "/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{Model}}","recipe":{{recipe}},"seed":3}""")).ShouldBe(201).Id;
        await Service.WaitForRunAsync(run, status => status == "succeeded");
        return run;
    }

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
