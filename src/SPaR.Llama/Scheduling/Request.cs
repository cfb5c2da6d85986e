using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>A request on its way through the scheduler. Only the decode thread changes it, but for <see cref="Cancelled"/>.</summary>
internal sealed class Request
{
    private readonly TaskCompletionSource<Request> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation;

    public Request(ImmutableArray<int> prompt, GenerationRequest asked, CancellationToken cancellationToken)
    {
        (Prompt, Sampling, Lane, Retain, Deterministic) = (prompt, asked.Sampling, asked.Priority, asked.Retain, asked.Deterministic);
        _cancellation = cancellationToken;
        Kind = FirstWord(asked.Purpose);
        Sequences = [.. asked.Seeds.Select((seed, index) => new Sequence(this, index, seed))];
        Waiting = [.. Sequences];
    }

    /// <param name="continuations">Each has a token at least.</param>
    public Request(
        ImmutableArray<int> prompt, ScoringRequest asked, ImmutableArray<ImmutableArray<int>> continuations,
        CancellationToken cancellationToken)
    {
        (Prompt, Lane, Deterministic, Scores) = (prompt, asked.Priority, asked.Deterministic, true);
        Sampling = new(Temperature: 1, TopP: 1, TopK: 0, MinP: 0, MaxTokens: continuations.Max(c => c.Length));
        _cancellation = cancellationToken;
        Kind = $"score {FirstWord(asked.Purpose)}";
        Sequences = [.. continuations.Select((tokens, index) => new Sequence(this, index, tokens))];
        Waiting = [.. Sequences];
    }

    public ImmutableArray<int> Prompt { get; }

    public SamplingOptions Sampling { get; }

    public RequestPriority Lane { get; }

    public bool Retain { get; }

    public bool Deterministic { get; }

    /// <summary>Its sequences are given, and only their probabilities are asked for.</summary>
    public bool Scores { get; }

    /// <summary>What asks, without which: the samples of a kind have similar lengths.</summary>
    public string Kind { get; }

    /// <summary>In the order of the seeds, or of the continuations.</summary>
    public ImmutableArray<Sequence> Sequences { get; }

    /// <summary>Those that have not been started, or were stopped to make room, by index.</summary>
    public List<Sequence> Waiting { get; }

    /// <summary>Place in the order of arrival.</summary>
    public long Arrival { get; set; }

    /// <summary>Whether tokens of it are in the batch of this step.</summary>
    public bool InBatch { get; set; }

    public bool Cancelled => _cancellation.IsCancellationRequested;

    public TokenUsage Usage { get; set; }

    /// <summary>Set before <see cref="Completion"/> where the request retains.</summary>
    public TrunkLease? Lease { get; set; }

    /// <summary>All its sequences are finished.</summary>
    public Task<Request> Completion => _completion.Task;

    public void Finish() => _completion.SetResult(this);

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel() => _completion.TrySetCanceled(_cancellation);

    private static string FirstWord(string purpose) => purpose.Split(' ', 2)[0];
}
