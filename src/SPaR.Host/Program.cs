using SPaR.Abstractions;
using SPaR.Evaluation;
using SPaR.Host;
using SPaR.Host.Home;
using SPaR.Http;
using SPaR.Jobs;
using SPaR.Llama;
using SPaR.MicroWorld;
using SPaR.Runs;
using SPaR.Storage;
using SPaR.Training;

try
{
    var arguments = new ConfigurationBuilder().AddCommandLine(args).Build();
    if (TrainerRole.IsAsked(arguments))
        return TrainerRole.Run(arguments);
    if (BootstrapRole.IsAsked(arguments))
        return await BootstrapRole.RunAsync(arguments);

    await using var app = Service.Build(args);
    await Database.PrepareAsync(app.Services);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (StartupError.Of(e) is { } message)
{
    await Console.Error.WriteLineAsync($"spar: {message}");
    return 1;
}

/// <summary>The service from its parts. Its roles: <c>api</c> answers HTTP and never loads native code, <c>worker</c> runs jobs and
/// loads engines, <c>all</c> (the default) does both.
/// Two more, <c>trainer</c> and <c>bootstrap</c>, are no services: see <see cref="TrainerRole"/> and
/// <see cref="BootstrapRole"/>.</summary>
internal static class Service
{
    /// <param name="replace">What a test puts in the place of a part.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var configuration = builder.Configuration;
        var settings = Settings.Read(configuration);
        builder.WebHost.UseUrls(settings.Urls);
        builder.Services.AddModels(configuration).AddSparTraining(configuration);
        builder.Services.AddSingleton<IVerifiableWorld, VerifiableMicroWorld>().AddSparBenchmarks();
        builder.Services.AddSparStorage(settings.ConnectionString);
        builder.Services.AddSparJobs(settings.ConnectionString, settings.Works, configuration.GetSection("Jobs").Bind);
        builder.Services.AddSparTelemetry(configuration);
        if (settings.Works)
            builder.Services.AddLlamaEngine(configuration.GetSection("Llama")).AddSparWorker(configuration)
                .AddSparTrainingWorker().AddTrainingDevice();
        else
            builder.Services.AddLlamaInspector();
        if (settings.Answers)
            builder.Services.AddSparApi().AddSparRuns().AddSparSwagger();
        else
            builder.Services.AddNoServer();
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseSparProblems();
        app.MapHealth();
        if (settings.Answers)
        {
            app.UseSparSwagger();
            app.MapHome();
            app.MapSpar();
        }

        return app;
    }
}
