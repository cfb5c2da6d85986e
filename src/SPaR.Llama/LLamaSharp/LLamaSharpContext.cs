using LLama.Exceptions;
using LLama.Native;
using SPaR.Abstractions;
using SPaR.Llama.Backend;

namespace SPaR.Llama.LLamaSharp;

/// <summary>A context and what it needs alive: the model, which LLamaSharp's handle holds, and the adapter.</summary>
internal sealed class LLamaSharpContext : ILlamaContext
{
    private readonly SafeLLamaContextHandle _context;
    private readonly LLamaSharpWeights _weights;
    private readonly LoraAdapter? _adapter;
    private readonly AbortFlag _abort;
    private readonly LLamaBatch _batch = new();
    private bool _disposed;

    private LLamaSharpContext(SafeLLamaContextHandle context, LLamaSharpWeights weights, LoraAdapter? adapter, AbortFlag abort)
    {
        (_context, _weights, _adapter, _abort) = (context, weights, adapter, abort);
        Cells = (int)context.ContextSize;
    }

    public int Cells { get; }

    /// <exception cref="ModelRejectedException">llama.cpp refused; the message carries its first error line.</exception>
    public static LLamaSharpContext Create(
        SafeLlamaModelHandle model, LLamaSharpWeights weights, ContextSettings settings, LoraAdapter? adapter)
    {
        LlamaLog.Begin();
        SafeLLamaContextHandle native;
        lock (weights.Adapters)
            native = SafeLLamaContextHandle.Create(model, ParametersOf(settings));
        if (native.IsInvalid)
            throw Refusals.Context(settings);
        if (adapter is not null)
        {
            native.SetLoraAdapters((adapter, 1f));
            if (LlamaLog.Failed)
            {
                native.Dispose();
                throw Refusals.Adapter(settings.File);
            }
        }
        return new LLamaSharpContext(native, weights, adapter, settings.Abort);
    }

    public int Decode(DecodeBatch batch)
    {
        _batch.Clear();
        for (var i = 0; i < batch.Count; i++)
            _batch.Add(batch.Tokens[i], batch.Positions[i], (LLamaSeqId)batch.Sequences[i], batch.Wanted[i] != 0);
        var result = (int)_context.Decode(_batch);
        GC.KeepAlive(_abort);
        return result;
    }

    public ReadOnlySpan<float> Logits(int index)
    {
        try
        {
            return _context.GetLogitsIth(index);
        }
        catch (GetLogitsInvalidIndexException)
        {
            return [];
        }
    }

    public void Copy(int source, int destination, int length) =>
        _context.MemorySequenceCopy((LLamaSeqId)source, (LLamaSeqId)destination, 0, length);

    public void Remove(int sequence, int from) => _context.MemorySequenceRemove((LLamaSeqId)sequence, from, -1);

    public void Clear() => _context.MemoryClear(data: false);

    public int LastPosition(int sequence) => (int)_context.MemorySequenceMaxPosition((LLamaSeqId)sequence);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        // In this order: the context refers to its adapter, and the adapter to the model that the context holds.
        using var hold = new Hold(_context.ModelHandle);
        _context.Dispose();
        _weights.Unload(_adapter);
    }

    private static LLamaContextParams ParametersOf(ContextSettings settings)
    {
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)settings.Shape.Cells;
        parameters.n_batch = parameters.n_ubatch = (uint)settings.Shape.BatchTokens;
        parameters.n_seq_max = (uint)settings.Shape.Sequences;
        parameters.n_threads = parameters.n_threads_batch = settings.Threads;
        // Sequences share the cells of a common prefix only in a unified cache; copying a sequence in any other aborts the process.
        parameters.kv_unified = true;
        parameters.abort_callback = AbortFlag.Callback;
        parameters.abort_callback_user_data = settings.Abort.Data;
        if (settings.Exact)
        {
            parameters.type_k = parameters.type_v = GGMLType.GGML_TYPE_F32;
            parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        }
        return parameters;
    }
}
