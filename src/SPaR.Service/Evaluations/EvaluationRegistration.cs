using SPaR.Evaluation.Benchmarks;

namespace SPaR.Service.Evaluations;

/// <summary>The benchmarks. A new one is a class in this folder and a line here.</summary>
public static class EvaluationRegistration
{
    /// <remarks>The world itself is registered by the host, as <see cref="Abstractions.IVerifiableWorld"/>.</remarks>
    public static IServiceCollection AddSparBenchmarks(this IServiceCollection services) => services
        .AddSingleton<IBenchmark, WorldBenchmark>()
        .AddSingleton<IBenchmark, IfevalBenchmark>()
        .AddSingleton<IBenchmark, MultipleChoiceBenchmark>()
        .AddSingleton<IBenchmark, ExactMatchBenchmark>()
        .AddSingleton<IBenchmark, JudgedBenchmark>()
        .AddSingleton<IBenchmark, JudgeAgreementBenchmark>();
}
