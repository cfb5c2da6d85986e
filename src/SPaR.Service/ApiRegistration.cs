using Microsoft.AspNetCore.Server.Kestrel.Core;
using SPaR.Service.Conversions;
using SPaR.Service.Datasets;
using SPaR.Service.Evaluations;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lineage;
using SPaR.Service.Live;
using SPaR.Service.Mcp;
using SPaR.Service.Models;
using SPaR.Service.OpenAi;
using SPaR.Service.Pairs;
using SPaR.Service.Recipes;
using SPaR.Service.RunResults;
using SPaR.Service.Runs;
using SPaR.Service.Trainings;
using SPaR.Service.Viewer;
using SPaR.Service.Webhooks;

namespace SPaR.Service;

public static class ApiRegistration
{
    /// <summary>Adds the services of the endpoints. Storage, the job queue and an <c>IModelInspector</c> are added elsewhere.</summary>
    public static IServiceCollection AddSparApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddEvents(configuration).AddWebhooks(configuration);
        services.AddSingleton<RunCountCache>().AddSingleton<RunStatisticsReader>();
        services.AddSingleton<RunRequestReader>().AddSingleton<RunEstimator>().AddSingleton<TrainingEstimates>()
            .AddHostedService<StallScan>();
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddExceptionHandler<ProblemHandler>();
        // The default is a 400 without a body.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Use(MalformedRequests.Explain)));
        services.AddModelFiles();
        services.AddSparMcp();
        services.AddScoped<VerdictStore>();
        services.AddScoped<ModelRegistrar>();
        services.AddSingleton<ReceivedModels>();
        services.AddSingleton<DatasetFiles>();
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContext());
        return services;
    }

    /// <summary>Answers every error as a problem with a code, including the framework's, and sets the headers that protect pages. Must run
    /// before all else.</summary>
    public static void UseSparProblems(this IApplicationBuilder app)
    {
        app.Use(ResponseHeaders.Add);
        app.Use(OpenAiRegistration.AddErrorForm);
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = http => ProblemHandler.Of(http).WriteAsync(http),
            // ProblemHandler logs our own faults, once.
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseStatusCodePages(context => ProblemHandler.Of(context.HttpContext).WriteAsync(context.HttpContext));
    }

    /// <summary>Refuses text that cannot be stored. Must run after the caller was checked.</summary>
    public static void UseSparTextCheck(this IApplicationBuilder app) => app.Use(RequestText.CheckAsync);

    public static void MapSpar(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/v1");
        api.MapModels();
        api.MapModelFiles();
        api.MapModelUpload();
        api.MapConversions();
        api.MapInstructionSets();
        api.MapRecipes();
        api.MapRuns();
        api.MapRunItems();
        api.MapRunEvents();
        api.MapPairs();
        api.MapVerdicts();
        api.MapPreferences();
        api.MapDatasetInfo();
        api.MapRefinerExamples();
        api.MapTrees();
        api.MapRefinements();
        api.MapDatasets();
        api.MapDatasetFreeze();
        api.MapDatasetFiles();
        api.MapLineage();
        api.MapViewer();
        api.MapTrainingRuns();
        api.MapTrainingProgress();
        api.MapDroppedRows();
        api.MapBenchmarkSets();
        api.MapEvaluations();
        api.MapEvaluationResults();
        api.MapComparisons();
        api.MapJobs();
        api.MapWebhooks();
        api.MapKeys();
        app.MapOpenAi();
        app.MapSparMcp();
        app.MapLogin();
    }
}
