namespace SPaR.Service.Jobs;

/// <summary>Describes the jobs of one kind to a person: what they are about and how far they are. The queue knows neither.</summary>
internal interface IJobDescriber
{
    string Kind { get; }

    /// <returns>Null when nothing of that key exists any longer.</returns>
    Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken);
}

/// <param name="Title">What it is about: <c>run_…</c>, or <c>trn_… of run_…</c>.</param>
/// <param name="Stage">The current step: <c>round 2, self-play</c>.</param>
/// <param name="Done">Of <paramref name="Total"/>; null where there is nothing to count yet.</param>
/// <param name="Link">The path of the run, or of the training or evaluation that belongs to no run.</param>
internal sealed record JobDescription(string Title, string Stage, int? Done, int? Total, string Link)
{
    /// <summary><c>run_… · round 2, self-play · 120 / 500</c>.</summary>
    public override string ToString() => string.Join(" · ", Progress is { } progress ? [Title, Stage, progress] : [Title, Stage]);

    public string? Progress => Done is { } done && Total is { } total ? FormattableString.Invariant($"{done} / {total}") : null;
}
