namespace SPaR.Service.Jobs;

/// <summary>Describes the jobs of one kind to a person: their subject and their progress. The queue knows neither.</summary>
internal interface IJobDescriber
{
    string Kind { get; }

    /// <returns>Null if the subject no longer exists.</returns>
    Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken);
}

/// <param name="Title">The subject: <c>run_…</c>, or <c>trn_… of run_…</c>.</param>
/// <param name="Stage">The current step: <c>round 2, self-play</c>.</param>
/// <param name="Done">Out of <paramref name="Total"/>; null if nothing can be counted yet.</param>
/// <param name="Link">Path of the run; of the training or evaluation if it belongs to no run.</param>
internal sealed record JobDescription(string Title, string Stage, int? Done, int? Total, string Link)
{
    /// <summary><c>run_… · round 2, self-play · 120 / 500</c>.</summary>
    public override string ToString() => string.Join(" · ", Progress is { } progress ? [Title, Stage, progress] : [Title, Stage]);

    public string? Progress => Done is { } done && Total is { } total ? FormattableString.Invariant($"{done} / {total}") : null;
}
