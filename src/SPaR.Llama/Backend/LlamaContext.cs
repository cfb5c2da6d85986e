using SPaR.Abstractions;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Backend;

/// <summary>A context: the KV cells of up to <c>sequences</c> token sequences, and the evaluation of batches. Refuses what would abort the
/// process. One thread uses it; <see cref="Abort"/> may be called from any.</summary>
internal sealed class LlamaContext : IDecoder
{
    private const int Aborted = 2, NoCells = 1;

    private readonly ILlamaContext _calls;
    private readonly AbortFlag _abort;
    private bool _disposed;

    private LlamaContext(ILlamaContext calls, ContextSettings settings)
    {
        (_calls, _abort, Sequences) = (calls, settings.Abort, settings.Shape.Sequences);
        Batch = new DecodeBatch(settings.Shape.BatchTokens, Sequences, Sequences);
    }

    /// <summary>How many sequences it keeps apart.</summary>
    public int Sequences { get; }

    public DecodeBatch Batch { get; }

    public int Cells => _calls.Cells;

    /// <param name="sequences">So many tokens of a batch can give logits, too.</param>
    /// <param name="exact">Keys and values in F32, and attention without short cuts.</param>
    public static LlamaContext Create(
        ILlamaWeights weights, ModelFile file, int cells, int sequences, int batchTokens, int threads, bool exact = false)
    {
        var settings = new ContextSettings(file, new ContextShape(cells, sequences, batchTokens), threads, new AbortFlag(), exact);
        var context = new LlamaContext(weights.MakeContext(settings), settings);
        if (file.Adapter is null)
            return context;
        try
        {
            // llama.cpp makes room for the graph with an adapter at the next evaluation. That is done here, with one token, so that it is
            // part of loading: memory that is not there is missed now, and the list of adapters is not read while another is loaded.
            context.Batch.Add(0, 0, 0, output: true);
            lock (weights.Adapters)
                context.Decode();
            context.Batch.Clear();
            context.Truncate(0, 0);
            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    public bool Decode()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Batch.Count == 0)
            throw new DecodeException("The batch is empty.");
        LlamaLog.Begin(_abort);
        return _calls.Decode(Batch) switch
        {
            0 => true,
            Aborted => false,
            NoCells => throw new DecodeException($"The {Cells} KV cells are full."),
            var code => throw new DecodeException(
                $"llama.cpp could not evaluate a batch of {Batch.Count} tokens ({code}: {LlamaLog.FirstError})."),
        };
    }

    /// <returns>Native memory.</returns>
    public ReadOnlySpan<float> Logits(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Batch.IsOutput(index))
            throw new DecodeException($"Token {index} of the batch was not marked as an output.");
        var logits = _calls.Logits(index);
        return logits.IsEmpty ? throw new DecodeException($"llama.cpp has no logits for token {index} of the batch.") : logits;
    }

    public void Fork(int source, int destination, int length)
    {
        Check(source);
        Check(destination);
        if (length > 0)
            _calls.Copy(source, destination, length);
    }

    public void Truncate(int sequence, int length)
    {
        Check(sequence);
        _calls.Remove(sequence, length);
    }

    public void Clear()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _calls.Clear();
    }

    public int Length(int sequence)
    {
        Check(sequence);
        return _calls.LastPosition(sequence) + 1;
    }

    public void Abort(bool on) => _abort.IsSet = on;

    public void Dispose()
    {
        _disposed = true;
        _calls.Dispose();
    }

    private void Check(int sequence)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((uint)sequence >= (uint)Sequences)
            throw new DecodeException($"Sequence {sequence} is not one of the context's {Sequences}.");
    }
}
