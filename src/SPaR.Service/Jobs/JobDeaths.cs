namespace SPaR.Service.Jobs;

/// <summary>What happened to the attempts at a job since its subject last came further.</summary>
/// <param name="Count">Attempts that ended with the death of a process.</param>
/// <param name="Running">Attempts of other workers that still run.</param>
/// <param name="SinceLast">The time since the last death; null without one.</param>
/// <param name="LastWords">Of the process of a model that died last; null where only workers died.</param>
internal sealed record JobDeaths(int Count, int Running, TimeSpan? SinceLast, string? LastWords)
{
    /// <summary>After so many deaths without any progress between them the job is given up. One may be chance and two bad luck, such as
    /// a restart of the machine or memory that another program took; each further one costs everything else on the worker time.</summary>
    public const int Most = 3;

    /// <summary>The subject may be what killed the process.</summary>
    public bool IsSuspect => Count > 0;

    public bool IsGivenUp => Count >= Most;

    /// <summary>A suspect waits, five times longer after each death, and only one worker at a time takes it.</summary>
    public bool MustWait => IsSuspect && (Running > 0 || SinceLast < TimeSpan.FromSeconds(Math.Pow(5, Count - 1)));

    public string Describe() => LastWords is null
        ? $"The worker died {Count} times while it worked on this, without any progress in between. Its log says why; most often memory "
            + "ran out. Then retry."
        : $"The process of a model died {Count} times over this, without any progress in between. Use another model file, or put right "
            + $"what killed it, then retry. Its last words: {LastWords}";
}
