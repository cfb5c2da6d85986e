using System.Runtime.InteropServices;
using SPaR.Abstractions;
using SPaR.Llama.Backend;

namespace SPaR.Llama.Native;

/// <summary>The one owner of a context. Holds its model and its adapter alive.</summary>
internal sealed unsafe class NativeContext : SafeHandle, ILlamaContext
{
    private readonly NativeWeights _weights;
    private readonly NativeAdapter? _adapter;
    private readonly AbortFlag _abort;
    private readonly nint _memory;
    private readonly int _vocabulary;
    private readonly BatchView _batch = new();

    private NativeContext(nint context, NativeWeights weights, NativeAdapter? adapter, AbortFlag abort)
        : base(0, ownsHandle: true)
    {
        SetHandle(context);
        (_weights, _adapter, _abort) = (weights, adapter, abort);
        _memory = LlamaNative.llama_get_memory(context);
        _vocabulary = weights.Tokens.Count;
        Cells = (int)LlamaNative.llama_n_ctx(context);
    }

    public override bool IsInvalid => handle == 0;

    public int Cells { get; }

    /// <exception cref="ModelRejectedException">llama.cpp refused; the message carries its first error line.</exception>
    public static NativeContext Create(NativeWeights weights, ContextSettings settings, NativeAdapter? adapter)
    {
        var held = false;
        weights.DangerousAddRef(ref held);
        adapter?.DangerousAddRef(ref held);
        LlamaLog.Begin();
        nint native;
        lock (weights.Adapters)
            native = LlamaNative.llama_init_from_model(weights.DangerousGetHandle(), ParametersOf(settings));
        if (native == 0)
        {
            adapter?.DangerousRelease();
            weights.DangerousRelease();
            throw Refusals.Context(settings);
        }
        var context = new NativeContext(native, weights, adapter, settings.Abort);
        if (adapter is null || context.Apply(adapter))
            return context;
        context.Dispose();
        throw Refusals.Adapter(settings.File);
    }

    public int Decode(DecodeBatch batch)
    {
        var code = LlamaNative.llama_decode(handle, _batch.Of(batch));
        GC.KeepAlive(_abort);
        return code;
    }

    public ReadOnlySpan<float> Logits(int index)
    {
        var logits = LlamaNative.llama_get_logits_ith(handle, index);
        return logits is null ? [] : new ReadOnlySpan<float>(logits, _vocabulary);
    }

    public void Copy(int source, int destination, int length) =>
        LlamaNative.llama_memory_seq_cp(_memory, source, destination, 0, length);

    public void Remove(int sequence, int from) => LlamaNative.llama_memory_seq_rm(_memory, sequence, from, -1);

    public void Clear() => LlamaNative.llama_memory_clear(_memory, 0);

    public int LastPosition(int sequence) => LlamaNative.llama_memory_seq_pos_max(_memory, sequence);

    protected override bool ReleaseHandle()
    {
        LlamaNative.llama_free(handle);
        _adapter?.DangerousRelease();
        _weights.DangerousRelease();
        return true;
    }

    private static ContextParams ParametersOf(ContextSettings settings)
    {
        var parameters = LlamaNative.llama_context_default_params();
        parameters.Ctx = (uint)settings.Shape.Cells;
        parameters.Batch = parameters.MicroBatch = (uint)settings.Shape.BatchTokens;
        parameters.SeqMax = parameters.OutputsMax = (uint)settings.Shape.Sequences;
        parameters.Threads = parameters.ThreadsBatch = settings.Threads;
        // Sequences share the cells of a common prefix only in a unified cache; copying a sequence in any other aborts the process.
        parameters.KvUnified = 1;
        parameters.AbortCallback = (delegate* unmanaged[Cdecl]<void*, byte>)AbortFlag.Callback;
        parameters.AbortUserData = (void*)settings.Abort.Data;
        if (settings.Exact)
            (parameters.TypeK, parameters.TypeV, parameters.FlashAttention) = (0, 0, 0);
        return parameters;
    }

    private bool Apply(NativeAdapter adapter)
    {
        var (native, scale) = (adapter.DangerousGetHandle(), 1f);
        LlamaLog.Begin();
        return LlamaNative.llama_set_adapters_lora(handle, &native, 1, &scale) == 0;
    }
}
