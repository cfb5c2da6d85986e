using System.Globalization;
using SPaR.Method.Recipes;

namespace SPaR.Service.Rounds;

/// <summary>Compares a round's measure with that of the round before.</summary>
internal static class RollbackRule
{
    // 0.50 - 0.48 is a little more than 0.02.
    private const double Rounding = 1e-9;

    /// <returns>A sentence that the benchmark lacks the measure, with those that it has; null where it has it.</returns>
    public static string? Unmeasured(RollbackOptions? rule, RunRound now) =>
        rule is null || now.Evaluation?.GetValueOrDefault(rule.Benchmark) is not { } measures || measures.ContainsKey(rule.Measure)
            ? null
            : $"recipe.rollback.measure is '{rule.Measure}', which {rule.Benchmark} does not measure; it measures "
                + $"{string.Join(", ", measures.Keys.Order(StringComparer.Ordinal))}. Start a run with one of these";

    /// <returns>Both means, where the mean got worse by more than the tolerance; otherwise null.</returns>
    public static string? Worse(RollbackOptions? rule, RunRound? before, RunRound now)
    {
        if (rule is null || before is null || Of(rule, before) is not { } was || Of(rule, now) is not { } mean
            || was - mean <= rule.Tolerance + Rounding)
            return null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Round {now.Round} is rolled back: {rule.Measure} of {rule.Benchmark} went from {was:0.####} to {mean:0.####}, and "
            + $"{rule.Tolerance} less is allowed. The run ends with the models that round {now.Round} started with.");
    }

    private static double? Of(RollbackOptions rule, RunRound round) =>
        round.Evaluation?.GetValueOrDefault(rule.Benchmark)?.GetValueOrDefault(rule.Measure)?.Mean;
}
