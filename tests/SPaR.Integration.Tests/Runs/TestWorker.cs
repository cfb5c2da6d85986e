using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SPaR.Abstractions;
using SPaR.Integration.Tests.Jobs;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Storage;
using SPaR.Service.Worker;

namespace SPaR.Integration.Tests.Runs;

/// <summary>A worker as a process would be one: its own services, real jobs and leases, a scripted walk.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CutLine? _line;

    private TestWorker(IHost host, CutLine? line, EmptyEngine engine) => (_host, _line, Engine) = (host, line, engine);

    public EmptyEngine Engine { get; }

    /// <param name="line">What it reaches the database through; cutting it is as good as killing the worker.</param>
    public static async Task<TestWorker> StartAsync(
        RunWorld world, Func<ItemRun, CancellationToken, Task> item, CutLine? line = null, params (string Key, string Value)[] settings)
    {
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(world.ConnectionString) { MaxPoolSize = 20, Timeout = 5 };
        connection.Port = line?.Port ?? connection.Port;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
        [
            new("Models:Folder", "/models"), new("Worker:InFlight", "4"), new("Worker:LeaseSeconds", "3"),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)));
        var engine = new EmptyEngine();
        builder.Services.AddSingleton<ITextEngine>(engine);
        builder.Services.AddSparStorage(connection.ConnectionString);
        builder.Services.AddSparJobs(connection.ConnectionString, serve: true, options =>
        {
            (options.CheckinSeconds, options.RetrySeconds) = (1, 0.5);
            builder.Configuration.GetSection("Jobs").Bind(options);
        });
        builder.Services.AddSingleton(new ItemWork(item, (_, _, _, _, _) => Task.FromResult(new Preflight(4, 4, 4, 1, null))));
        builder.Services.AddSparWorker(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        return new(host, line, engine);
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(_line is null ? 30 : 0.5));
        try
        {
            await _host.StopAsync(soon.Token);
        }
        catch (OperationCanceledException) when (_line is not null)
        {
            // Cut off from the database it cannot stop in time; it is disposed of like a killed one.
        }

        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }
}

/// <summary>An engine that loads anything but what it is told to refuse, and generates nothing.</summary>
internal sealed class EmptyEngine : ITextEngine
{
    public ConcurrentQueue<string> Loaded { get; } = new();

    public Exception? Refusal { get; set; }

    public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        if (Refusal is not null)
            throw Refusal;
        Loaded.Enqueue(file.Path);
        return Task.FromResult<ITextModel>(new EmptyModel(file));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class EmptyModel(ModelFile file) : ITextModel
    {
        public ModelFile File => file;

        public int ContextTokens => 1;

        public int Sequences => 8;

        public Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The walks of these tests generate nothing.");

        public Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The walks of these tests score nothing.");

        public ImmutableArray<int> Tokenize(string text) => [];

        public ImmutableArray<int> Encode(Conversation prompt) => [];

        public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => new([], []);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
