namespace SPaR.Jobs;

/// <summary>Tells what the jobs of one kind are about and how far that is, for a person who looks at the queue, which knows
/// neither.</summary>
internal interface IJobStory
{
    string Kind { get; }

    /// <returns>Null when there is nothing of that key any more.</returns>
    Task<JobStory?> TellAsync(string key, CancellationToken cancellationToken);
}

/// <param name="Title">What it is about: <c>run_…</c>, or <c>trn_… of run_…</c>.</param>
/// <param name="Stage">What is being done: <c>round 2, self-play</c>.</param>
/// <param name="Done">Of <paramref name="Total"/>; null where there is nothing to count yet.</param>
/// <param name="Link">The path of the run, or of what stands in its place where there is none.</param>
internal sealed record JobStory(string Title, string Stage, int? Done, int? Total, string Link)
{
    /// <summary><c>run_… · round 2, self-play · 120 / 500</c>.</summary>
    public override string ToString() => string.Join(" · ", Progress is { } progress ? [Title, Stage, progress] : [Title, Stage]);

    public string? Progress => Done is { } done && Total is { } total ? FormattableString.Invariant($"{done} / {total}") : null;
}
