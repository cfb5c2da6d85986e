using LLama.Exceptions;
using LLama.Native;
using SPaR.Llama.Decoding;

namespace SPaR.Llama.Binding;

/// <summary>A llama.cpp context: evaluates batches and holds the KV cells of its sequences. Refuses what would abort the process. Used by
/// one thread; only <see cref="Abort"/> may be called from any.</summary>
internal sealed class LlamaContext : IDecoder
{
    private const int Aborted = 2, NoCells = 1;

    private readonly SafeLLamaContextHandle _context;
    private readonly LoraAdapter? _adapter;
    private readonly AbortFlag _abort;
    private readonly LLamaBatch _batch = new();
    private bool _disposed;

    private LlamaContext(SafeLLamaContextHandle context, LoraAdapter? adapter, AbortFlag abort, int sequences, int batchTokens)
    {
        (_context, _adapter, _abort, Sequences) = (context, adapter, abort, sequences);
        Cells = (int)context.ContextSize;
        Batch = new DecodeBatch(batchTokens, sequences, sequences);
    }

    /// <summary>The most sequences that it holds.</summary>
    public int Sequences { get; }

    public DecodeBatch Batch { get; }

    /// <summary>At least as many as requested: llama.cpp rounds up.</summary>
    public int Cells { get; }

    /// <param name="file">Its adapter, if any, is applied to every evaluation; its path is used in messages.</param>
    /// <param name="sequences">Also the most outputs of a batch.</param>
    /// <param name="exact">Keys and values in F32 and no flash attention: slower and larger, but as exact as llama.cpp can be.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused; the message has its first error line.</exception>
    public static LlamaContext Create(
        LlamaWeights weights, ModelFile file, int cells, int sequences, int batchTokens, int threads, bool exact = false)
    {
        // Before the context, which reserves memory in its graph for loaded adapters.
        var adapter = file.Adapter is null ? null : Load(weights, file);
        SafeLLamaContextHandle? native = null;
        try
        {
            var abort = new AbortFlag();
            LlamaLog.Reset();
            native = SafeLLamaContextHandle.Create(weights.Handle, Parameters(cells, sequences, batchTokens, threads, abort, exact));
            // LLamaSharp returns a handle even if llama.cpp created no context.
            if (native.IsInvalid)
                throw LoadErrors.Context(file, cells);
            var context = new LlamaContext(native, adapter, abort, sequences, batchTokens);
            if (adapter is not null)
                context.Apply(adapter, file);
            return context;
        }
        catch
        {
            native?.Dispose();
            adapter?.Unload();
            throw;
        }
    }

    public bool Decode()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Batch.Count == 0)
            throw new DecodeException("The batch is empty.");
        LlamaLog.Reset(_abort);
        _batch.Clear();
        for (var i = 0; i < Batch.Count; i++)
        {
            var (token, position, sequence) = Batch[i];
            _batch.Add(token, position, (LLamaSeqId)sequence, Batch.IsOutput(i));
        }
        var code = (int)_context.Decode(_batch);
        GC.KeepAlive(_abort);
        return code switch
        {
            0 => true,
            Aborted => false,
            NoCells => throw new DecodeException($"All {Cells} KV cells are used."),
            _ => throw new DecodeException(
                $"llama.cpp could not evaluate a batch of {Batch.Count} tokens ({code}: {LlamaLog.FirstError})."),
        };
    }

    /// <returns>Native memory.</returns>
    public ReadOnlySpan<float> Logits(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Batch.IsOutput(index))
            throw new DecodeException($"Token {index} of the batch was not marked as an output.");
        try
        {
            return _context.GetLogitsIth(index);
        }
        catch (GetLogitsInvalidIndexException)
        {
            throw new DecodeException($"llama.cpp has no logits for token {index} of the batch.");
        }
    }

    public void Fork(int source, int destination, int length)
    {
        Check(source);
        Check(destination);
        if (length > 0)
            _context.MemorySequenceCopy((LLamaSeqId)source, (LLamaSeqId)destination, 0, length);
    }

    public void Truncate(int sequence, int length)
    {
        Check(sequence);
        _context.MemorySequenceRemove((LLamaSeqId)sequence, length, -1);
    }

    public void Clear()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _context.MemoryClear(data: false);
    }

    public int Length(int sequence)
    {
        Check(sequence);
        // -1 for an empty sequence.
        return (int)_context.MemorySequenceMaxPosition((LLamaSeqId)sequence) + 1;
    }

    public void Abort(bool on) => _abort.IsSet = on;

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        // In this order: the context references its adapter.
        _context.Dispose();
        _adapter?.Unload();
    }

    private static LoraAdapter Load(LlamaWeights weights, ModelFile file)
    {
        LlamaLog.Reset();
        var adapter = weights.Handle.LoadLoraFromFile(file.Adapter!.Path);
        // LLamaSharp returns an adapter even if llama.cpp created none; llama.cpp has then logged why.
        return LlamaLog.Failed ? throw LoadErrors.Adapter(file) : adapter;
    }

    private static LLamaContextParams Parameters(int cells, int sequences, int batchTokens, int threads, AbortFlag abort, bool exact)
    {
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)cells;
        parameters.n_batch = parameters.n_ubatch = (uint)batchTokens;
        // By default llama.cpp reserves logits for every token of a batch, and aborts if there are more sequences than those.
        parameters.n_seq_max = parameters.n_outputs_max = (uint)sequences;
        parameters.n_threads = parameters.n_threads_batch = threads;
        // Only sequences in a unified cache share the cells of a common prefix. In any other, copying a sequence aborts the process.
        parameters.kv_unified = true;
        parameters.abort_callback = AbortFlag.Callback;
        parameters.abort_callback_user_data = abort.Data;
        if (exact)
        {
            parameters.type_k = parameters.type_v = GGMLType.GGML_TYPE_F32;
            parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        }
        return parameters;
    }

    private void Apply(LoraAdapter adapter, ModelFile file)
    {
        _context.SetLoraAdapters((adapter, 1f));
        if (LlamaLog.Failed)
            throw LoadErrors.Adapter(file);
        // llama.cpp reserves memory for the adapter's graph at the next evaluation. Evaluate one token here, so that missing memory fails
        // the load.
        Batch.Add(0, 0, 0, output: true);
        Decode();
        Batch.Clear();
        Truncate(0, 0);
    }

    private void Check(int sequence)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((uint)sequence >= (uint)Sequences)
            throw new DecodeException($"Sequence {sequence} is out of range; the context has {Sequences}.");
    }
}
