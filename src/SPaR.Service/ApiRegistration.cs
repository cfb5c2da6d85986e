using SPaR.Service.Datasets;
using SPaR.Service.Evaluations;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Models;
using SPaR.Service.Recipes;
using SPaR.Service.RunResults;
using SPaR.Service.Runs;
using SPaR.Service.Trainings;

namespace SPaR.Service;

public static class ApiRegistration
{
    /// <summary>Adds the services of the endpoints. Storage, the job queue and an <c>IModelInspector</c> are added elsewhere.</summary>
    public static IServiceCollection AddSparApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddExceptionHandler<ProblemHandler>();
        // The default is a 400 without a body.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddSingleton<ModelFolder>().AddSingleton<FileHashes>();
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContext());
        return services;
    }

    /// <summary>Answers every error as a problem with a code, including the framework's.</summary>
    public static void UseSparProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = http => ProblemHandler.Of(http).WriteAsync(http),
            // ProblemHandler logs our own faults, once.
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseStatusCodePages(context => ProblemHandler.Of(context.HttpContext).WriteAsync(context.HttpContext));
    }

    public static void MapSpar(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/v1");
        api.MapModels();
        api.MapModelFiles();
        api.MapInstructionSets();
        api.MapRecipes();
        api.MapRuns();
        api.MapRunItems();
        api.MapRunEvents();
        api.MapPreferences();
        api.MapDatasetInfo();
        api.MapRefinerExamples();
        api.MapTrees();
        api.MapDatasets();
        api.MapTrainingRuns();
        api.MapTrainingProgress();
        api.MapBenchmarkSets();
        api.MapEvaluations();
        api.MapEvaluationResults();
        api.MapComparisons();
        api.MapJobs();
        api.MapKeys();
        app.MapLogin();
    }
}
