using System.Collections.Immutable;

namespace SPaR.Llama.Scheduling;

/// <summary>A request in the scheduler. Only the decode thread changes it, except for <see cref="Cancelled"/>.</summary>
internal sealed class Request
{
    private readonly TaskCompletionSource<Request> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation;

    /// <param name="watch">Sees every token that is drawn; null if nobody has to.</param>
    public Request(
        ImmutableArray<int> prompt, GenerationRequest source, CancellationToken cancellationToken, ITokenWatch? watch = null)
    {
        Watch = watch;
        (Prompt, Sampling, Priority) = (prompt, source.Sampling, source.Priority);
        (Retain, Deterministic, TopLogProbs) = (source.Retain, source.Deterministic, source.TopLogProbs);
        _cancellation = cancellationToken;
        Kind = FirstWord(source.Purpose);
        Sequences = [.. source.Seeds.Select((seed, index) => new Sequence(this, index, seed))];
        Waiting = [.. Sequences];
    }

    /// <param name="continuations">Each has at least one token.</param>
    public Request(
        ImmutableArray<int> prompt, ScoringRequest source, ImmutableArray<ImmutableArray<int>> continuations,
        CancellationToken cancellationToken)
    {
        (Prompt, Priority, Deterministic, Scores) = (prompt, source.Priority, source.Deterministic, true);
        Sampling = new(Temperature: 1, TopP: 1, TopK: 0, MinP: 0, MaxTokens: continuations.Max(c => c.Length));
        _cancellation = cancellationToken;
        Kind = $"score {FirstWord(source.Purpose)}";
        Sequences = [.. continuations.Select((tokens, index) => new Sequence(this, index, tokens))];
        Waiting = [.. Sequences];
    }

    public ImmutableArray<int> Prompt { get; }

    public SamplingOptions Sampling { get; }

    public RequestPriority Priority { get; }

    public bool Retain { get; }

    public bool Deterministic { get; }

    /// <summary>How many of the most probable tokens are noted for every token that is drawn; null: nothing is noted.</summary>
    public int? TopLogProbs { get; }

    /// <summary>Whether its sequences are given and only scored.</summary>
    public bool Scores { get; }

    /// <summary>Sees every token that is drawn; null if nobody has to.</summary>
    public ITokenWatch? Watch { get; }

    /// <summary>The first word of its purpose: samples of a kind have similar lengths.</summary>
    public string Kind { get; }

    /// <summary>In the order of the seeds or continuations.</summary>
    public ImmutableArray<Sequence> Sequences { get; }

    /// <summary>Sequences that have not started or were preempted, by index.</summary>
    public List<Sequence> Waiting { get; }

    /// <summary>Its number in order of arrival.</summary>
    public long Arrival { get; set; }

    /// <summary>Whether the current batch has tokens of it.</summary>
    public bool InBatch { get; set; }

    public bool Cancelled => _cancellation.IsCancellationRequested;

    public TokenUsage Usage { get; set; }

    /// <summary>Set before <see cref="Completion"/> if the request retains its prefixes.</summary>
    public PrefixLease? Lease { get; set; }

    /// <summary>Completes when all its sequences are finished.</summary>
    public Task<Request> Completion => _completion.Task;

    public void Finish() => _completion.SetResult(this);

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel() => _completion.TrySetCanceled(_cancellation);

    private static string FirstWord(string purpose) => purpose.Split(' ', 2)[0];
}
