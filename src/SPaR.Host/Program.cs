using SPaR.Abstractions;
using SPaR.Host;
using SPaR.Host.Home;
using SPaR.Llama;
using SPaR.MicroWorld;
using SPaR.Service;
using SPaR.Service.Evaluations;
using SPaR.Service.Idempotency;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Live;
using SPaR.Service.Storage;
using SPaR.Service.Trainings;
using SPaR.Service.Uploads;
using SPaR.Service.Webhooks;
using SPaR.Service.Worker;
using SPaR.Torch.Training;

try
{
    var arguments = new ConfigurationBuilder().AddCommandLine(args).Build();
    return arguments["role"]?.ToLowerInvariant() switch
    {
        "trainer" => TrainerRole.Run(arguments),
        "engine" => await EngineRole.RunAsync(),
        "bootstrap" => await BootstrapRole.RunAsync(arguments),
        "keys" => await KeysRole.RunAsync(args),
        ConversionOrder.Role => await ConvertRole.RunAsync(),
        ParquetRows.Role => await ParquetRole.RunAsync(arguments),
        "health" => await HealthRole.RunAsync(ServiceHost.DefaultSettings(), TimeProvider.System),
        _ => await ServiceHost.RunAsync(args),
    };
}
catch (Exception e) when (StartupError.Of(e) is { } message)
{
    await Console.Error.WriteLineAsync($"spar: {message}");
    return 1;
}

/// <summary>Builds the service from its parts. Its roles: <c>api</c> serves HTTP and never loads native code, <c>worker</c> runs jobs and
/// loads engines, <c>all</c> (the default) does both. The other roles are not services: <see cref="TrainerRole"/>,
/// <see cref="EngineRole"/>, <see cref="ConvertRole"/>, <see cref="BootstrapRole"/>, <see cref="KeysRole"/>, <see cref="ParquetRole"/> and
/// <see cref="HealthRole"/>.</summary>
internal static class ServiceHost
{
    /// <summary>Runs until it is stopped.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = Build(args);
        await Database.PrepareAsync(app.Services);
        await app.RunAsync();
        return 0;
    }

    /// <returns>The settings of a service in this environment, without its command line.</returns>
    public static IConfiguration DefaultSettings() => new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: false).AddEnvironmentVariables().Build();

    /// <param name="replace">Lets tests replace services.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var configuration = builder.Configuration;
        var settings = Settings.Read(configuration);
        builder.WebHost.UseUrls(settings.Listen.Urls);
        builder.Services.AddModels(configuration).AddDatasets(configuration).AddSparTraining(configuration)
            .AddSingleton<ITrainingInspector, TrainingInspector>();
        builder.Services.AddSingleton<IVerifiableWorld, VerifiableMicroWorld>().AddSparBenchmarks();
        builder.Services.AddSparStorage(settings.ConnectionString);
        builder.Services.AddSparJobs(settings.ConnectionString, settings.RunsJobs, configuration.GetSection("Jobs").Bind);
        builder.Services.AddSparTelemetry(configuration, settings.Role);
        if (settings.RunsJobs)
            builder.Services.AddLlamaEngine(configuration.GetSection("Llama")).AddSparWorker(configuration)
                .AddTrainings(configuration, settings.ServesHttp).AddWebhookWorker(configuration);
        else
            builder.Services.AddLlamaInspector(configuration.GetSection("Llama"));
        if (settings.ServesHttp)
            builder.Services.AddSparProblems().AddSparApi(configuration).AddSparIdempotency(configuration).AddSparRuns()
                .AddSparLive(configuration).AddSparSwagger().AddSparMetrics().AddSparHostNames(configuration, settings.Listen)
                .AddSparKeys(configuration).AddSparKeyGuards(new(settings.Listen.Reachable));
        else
            builder.Services.AddNoServer().AddHeartbeat(configuration[Heartbeat.Setting]);
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        if (settings.ServesHttp)
        {
            app.UseSparAudit();
            app.UseSparKeys();
            app.UseSparIdempotency();
            app.UseSparTextCheck();
            app.MapHealth();
            app.MapMetrics();
            app.UseSparSwagger();
            app.MapHome();
            app.MapSparJobs().RequireScope(Scope.Admin);
            app.MapSpar();
        }

        return app;
    }
}
