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

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
