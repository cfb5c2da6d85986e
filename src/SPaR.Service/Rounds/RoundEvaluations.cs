using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;

namespace SPaR.Service.Rounds;

/// <summary>What a round evaluates: which models, on what, how, and from which seed. Decides only.</summary>
internal static class RoundEvaluations
{
    /// <param name="set">What <see cref="RoundBenchmark.Data"/> names; null where the benchmark has items of its own.</param>
    public static EvaluationRun Of(
        Run run, RunRound round, RoundBenchmark asked, IBenchmark benchmark, BenchmarkSet? set, TimeProvider time)
    {
        var decoding = EvaluationRules.Resolved(benchmark, asked.Decoding);
        var needs = EvaluationRules.Needs(benchmark, decoding);
        return new()
        {
            Id = Ids.New("evl", time),
            Name = asked.Name,
            RunId = run.Id,
            Round = round.Round,
            TraceParent = run.TraceParent,
            Benchmark = benchmark.Name,
            SetId = set?.Id,
            DataHash = EvaluationRules.DataHash(benchmark, set),
            ActorId = round.LastActorId,
            RefinerId = needs.HasFlag(BenchmarkNeeds.Refiner) ? round.LastRefinerId : null,
            JudgeId = needs.HasFlag(BenchmarkNeeds.Judge) ? round.LastJudgeId : null,
            Decoding = decoding,
            // Without the options of rounds, so that a user can ask for the same evaluation.
            Recipe = run.Recipe with { Train = null, Evaluate = new(), Rollback = null, InstructionsPerRound = null },
            // The same seed in every round: the rounds differ by their models, and not by what was drawn.
            Seed = (long)(Seed.Derive(run.Seed, "evaluate", asked.Name) >> 11),
            Limit = asked.Limit,
            Items = EvaluationRules.Items(benchmark, set, asked.Limit),
            Status = RunStatus.Queued,
            CreatedAt = time.GetUtcNow(),
        };
    }
}
