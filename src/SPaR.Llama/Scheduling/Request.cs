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
        (Prompt, Sampling, Lane, Retain, Deterministic) = (prompt, asked.Sampling, asked.Lane, asked.Retain, asked.Deterministic);
        _cancellation = cancellationToken;
        Kind = asked.Purpose.Split(' ', 2)[0];
        Sequences = [.. asked.Seeds.Select((seed, index) => new Sequence(this, index, seed))];
        Waiting = [.. Sequences];
    }

    public ImmutableArray<int> Prompt { get; }

    public SamplingOptions Sampling { get; }

    public Lane Lane { get; }

    public bool Retain { get; }

    public bool Deterministic { get; }

    /// <summary>What asks, without which: the samples of a kind have similar lengths.</summary>
    public string Kind { get; }

    /// <summary>In the order of the seeds.</summary>
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
}
