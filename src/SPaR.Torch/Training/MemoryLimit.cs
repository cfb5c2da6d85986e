namespace SPaR.Torch.Training;

/// <summary>Refuses a training that does not fit into memory, and says which options would make it fit.</summary>
/// <param name="planOf">The plan for other options; null if these leave no row.</param>
internal sealed class MemoryLimit(Func<TrainingOptions, TrainingMemoryPlan?> planOf)
{
    private const int ShortestLength = 64;

    /// <summary>From the one that changes the result least to the one that changes it most.</summary>
    private static readonly (string Name, Func<TrainingOptions, TrainingOptions> Apply)[] Savings =
    [
        ("gradient_checkpointing true", o => o with { GradientCheckpointing = true }),
        ("micro_batch_size 1", o => o with { MicroBatchSize = 1 }),
        ("threads 1", o => o with { Threads = 1 }),
        ("optim adamw_8bit", o => o with { Optim = "adamw_8bit" }),
        ("lora", o => o with { Lora = o.Lora ?? new LoraOptions() }),
    ];

    /// <param name="limit">Memory that the process may have in all, and what limits it; null if that is unknown.</param>
    /// <exception cref="TrainingFailureException">It does not fit.</exception>
    public void Require(TrainingOptions options, (long Bytes, string Source)? limit)
    {
        if (Refusal(options, limit) is { } refusal)
            throw new TrainingFailureException(FailureCode.Memory, refusal);
    }

    /// <returns>Why it does not fit, and with which options it would; null if it fits, or nothing is known.</returns>
    public string? Refusal(TrainingOptions options, (long Bytes, string Source)? limit)
    {
        if (limit is not var (bytes, source) || planOf(options) is not { } plan || Fits(options, bytes))
            return null;
        var remedy = Remedy(options, bytes) is var (names, least)
            ? $"It would fit with {string.Join(", ", names)}: {TrainingMemoryPlan.Gibibytes(least.Peak)}."
            : "No option makes it fit. Use a smaller model, or one with fewer bits per weight and lora, or a machine with more memory.";
        return $"The training needs {plan}; {source} leaves the process {TrainingMemoryPlan.Gibibytes(bytes)}. {remedy}";
    }

    /// <returns>The first single option that is enough; else the fewest of all in order; null if all together are not.</returns>
    private (IReadOnlyList<string> Names, TrainingMemoryPlan Plan)? Remedy(TrainingOptions options, long limit)
    {
        var savings = Savings.Where(s => s.Apply(options) != options).ToArray();
        if (savings.Where(s => Fits(s.Apply(options), limit)).Take(1).ToArray() is [var single])
            return ([single.Name], planOf(single.Apply(options))!);
        var chosen = new List<(string Name, Func<TrainingOptions, TrainingOptions> Apply)>();
        // A shorter max_length leaves out rows, so it comes last.
        foreach (var saving in savings.Concat(Lengths(options)))
        {
            chosen.Add(saving);
            if (!Fits(Applied(chosen), limit))
                continue;
            foreach (var needless in chosen.ToArray())
                if (Fits(Applied(chosen.Where(c => c != needless)), limit))
                    chosen.Remove(needless);
            return ([.. chosen.Select(c => c.Name)], planOf(Applied(chosen))!);
        }
        return null;

        TrainingOptions Applied(IEnumerable<(string Name, Func<TrainingOptions, TrainingOptions> Apply)> steps) =>
            steps.Aggregate(options, (o, step) => step.Apply(o));
    }

    private static IEnumerable<(string Name, Func<TrainingOptions, TrainingOptions> Apply)> Lengths(TrainingOptions options)
    {
        for (var length = options.MaxLength / 2; length >= ShortestLength; length /= 2)
        {
            var shorter = length;
            yield return ($"max_length {shorter}", o => o with { MaxLength = shorter });
        }
    }

    private bool Fits(TrainingOptions options, long limit) => planOf(options) is { } plan && plan.Peak <= limit;
}
