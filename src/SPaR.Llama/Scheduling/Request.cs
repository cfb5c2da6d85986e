using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>A request on its way through the scheduler. Only the decode thread changes it, but for <see cref="Cancelled"/>.</summary>
internal sealed class Request(int[] prompt, SamplingOptions sampling, ImmutableArray<ulong> seeds, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<Sequence[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Sequence[] _finished = new Sequence[seeds.Length];
    private int _finishedCount;

    public int[] Prompt => prompt;

    public SamplingOptions Sampling => sampling;

    public ImmutableArray<ulong> Seeds => seeds;

    /// <summary>How many of its samples have been admitted.</summary>
    public int Admitted { get; set; }

    /// <summary>Whether tokens of it are in the batch of this step.</summary>
    public bool InBatch { get; set; }

    public bool Cancelled => cancellationToken.IsCancellationRequested;

    public TokenUsage Usage { get; set; }

    /// <summary>The finished sequences, in the order of the seeds.</summary>
    public Task<Sequence[]> Completion => _completion.Task;

    public void Finish(Sequence sequence)
    {
        _finished[sequence.Index] = sequence;
        if (++_finishedCount == _finished.Length)
            _completion.SetResult(_finished);
    }

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel() => _completion.TrySetCanceled(cancellationToken);
}

/// <summary>Those samples of a request that start from one computation of its prompt.</summary>
internal sealed class Wave(Request request, Sequence[] sequences)
{
    public Request Request => request;

    public Sequence[] Sequences => sequences;

    /// <summary>The one that computes the prompt; the others take it over.</summary>
    public Sequence Lead => sequences[0];

    /// <summary>Prompt tokens that are computed.</summary>
    public int Prefilled { get; set; }

    /// <summary>Of those, how many are in the batch of this step.</summary>
    public int InBatch { get; set; }

    /// <summary>Sequences that are not finished.</summary>
    public int Live { get; set; } = sequences.Length;
}
