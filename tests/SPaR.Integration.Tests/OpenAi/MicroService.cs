using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Llama;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>The service with the real engine and the micro-world's model, and OpenAI's own client for it.</summary>
public sealed class MicroService(PostgresFixture postgres) : IAsyncLifetime
{
    /// <summary>The name under which the model is registered.</summary>
    public const string Model = "micro";

    private readonly InProcessEngine _engine = Engines.Create(sequences: 16, batch: 128);

    public HttpService Service { get; private set; } = null!;

    public ChatClient Chat => ChatOn(Model);

    public async ValueTask InitializeAsync()
    {
        Service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), _engine);
        File.Copy(MicroModel.Path, Path.Combine(Service.Models, "micro.gguf"));
        (await Service.PostAsync("/v1/models", $$"""{"path":"micro.gguf","name":"{{Model}}"}""")).ShouldBe(201);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _engine.DisposeAsync();
    }

    public ChatClient ChatOn(string model, string? key = null) => new(
        model, new ApiKeyCredential(key ?? Service.Key),
        new OpenAIClientOptions
        {
            Endpoint = new(Service.Address, "openai/v1"),
            // A refusal is what is tested.
            RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0),
        });
}
