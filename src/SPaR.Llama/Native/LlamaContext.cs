using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SPaR.Abstractions;

namespace SPaR.Llama.Native;

/// <summary>A context: the KV cells of up to <c>sequences</c> token sequences, and the evaluation of batches. One thread uses it;
/// <see cref="Abort"/> may be called from any. Holds its model alive.</summary>
internal sealed unsafe class LlamaContext : SafeHandle, IDecoder
{
    private const int Aborted = 2, NoCells = 1;

    private readonly LlamaModelHandle _model;
    private readonly LlamaAdapterHandle? _adapter;
    private readonly int _sequences;
    private readonly int _vocabulary;
    private readonly nint _memory;
    private readonly byte* _abort;

    private LlamaContext(
        LlamaModelHandle model, LlamaAdapterHandle? adapter, nint context, byte* abort, int sequences, int batchTokens)
        : base(0, ownsHandle: true)
    {
        SetHandle(context);
        _abort = abort;
        (_model, _adapter, _sequences) = (model, adapter, sequences);
        _memory = LlamaNative.llama_get_memory(context);
        _vocabulary = LlamaNative.llama_vocab_n_tokens(LlamaNative.llama_model_get_vocab(model.DangerousGetHandle()));
        Batch = new DecodeBatch(batchTokens, sequences, sequences);
        Cells = (int)LlamaNative.llama_n_ctx(context);
    }

    /// <summary>How many sequences it keeps apart.</summary>
    public int Sequences => _sequences;

    public override bool IsInvalid => handle == 0;

    public DecodeBatch Batch { get; }

    /// <summary>llama.cpp rounds the number asked for up.</summary>
    public int Cells { get; }

    /// <param name="sequences">So many tokens of a batch can give logits, too.</param>
    /// <param name="adapter">Applied to all that is evaluated; held until the context is freed.</param>
    public static LlamaContext Create(
        LlamaModelHandle model, ModelFile file, int cells, int sequences, int batchTokens, int threads,
        LlamaAdapterHandle? adapter = null)
    {
        var abort = (byte*)NativeMemory.AllocZeroed(1);
        var parameters = LlamaNative.llama_context_default_params();
        parameters.Ctx = (uint)cells;
        parameters.Batch = parameters.MicroBatch = (uint)batchTokens;
        parameters.SeqMax = parameters.OutputsMax = (uint)sequences;
        parameters.Threads = parameters.ThreadsBatch = threads;
        // Sequences share the cells of a common prefix only in a unified cache; copying a sequence in any other aborts the process.
        parameters.KvUnified = 1;
        parameters.AbortCallback = &IsAborted;
        parameters.AbortUserData = abort;
        var held = false;
        model.DangerousAddRef(ref held);
        adapter?.DangerousAddRef(ref held);
        NativeLog.Begin();
        nint native;
        lock (model.Adapters)
            native = LlamaNative.llama_init_from_model(model.DangerousGetHandle(), parameters);
        if (native != 0)
        {
            var context = new LlamaContext(model, adapter, native, abort, sequences, batchTokens);
            try
            {
                context.Apply();
                return context;
            }
            catch
            {
                context.Dispose();
                throw;
            }
        }
        var reason = NativeLog.FirstError;
        adapter?.DangerousRelease();
        model.DangerousRelease();
        NativeMemory.Free(abort);
        throw new ModelRejectedException(
            "load-failed",
            $"{file.Path}: llama.cpp cannot make a context of {cells} cells ({reason}). Lower Llama:Cells or Llama:BatchTokens.");
    }

    public bool Decode()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (Batch.Count == 0)
            throw new DecodeException("The batch is empty.");
        NativeLog.Begin(_abort);
        return LlamaNative.llama_decode(handle, Batch.Native) switch
        {
            0 => true,
            Aborted => false,
            NoCells => throw new DecodeException($"The {Cells} KV cells are full."),
            var code => throw new DecodeException(
                $"llama.cpp could not evaluate a batch of {Batch.Count} tokens ({code}: {NativeLog.FirstError})."),
        };
    }

    /// <returns>Native memory.</returns>
    public ReadOnlySpan<float> Logits(int index)
    {
        if (!Batch.IsOutput(index))
            throw new DecodeException($"Token {index} of the batch was not marked as an output.");
        var logits = LlamaNative.llama_get_logits_ith(handle, index);
        return logits is null
            ? throw new DecodeException($"llama.cpp has no logits for token {index} of the batch.")
            : new ReadOnlySpan<float>(logits, _vocabulary);
    }

    public void Fork(int source, int destination, int length)
    {
        Check(source);
        Check(destination);
        if (length > 0)
            LlamaNative.llama_memory_seq_cp(_memory, source, destination, 0, length);
    }

    public void Truncate(int sequence, int length)
    {
        Check(sequence);
        LlamaNative.llama_memory_seq_rm(_memory, sequence, length, -1);
    }

    public void Clear()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        LlamaNative.llama_memory_clear(_memory, 0);
    }

    public int Length(int sequence)
    {
        Check(sequence);
        return LlamaNative.llama_memory_seq_pos_max(_memory, sequence) + 1;
    }

    public void Abort(bool on) => Volatile.Write(ref *_abort, on ? (byte)1 : (byte)0);

    protected override bool ReleaseHandle()
    {
        LlamaNative.llama_free(handle);
        NativeMemory.Free(_abort);
        Batch.Dispose();
        _adapter?.DangerousRelease();
        _model.DangerousRelease();
        return true;
    }

    /// <summary>llama.cpp makes room for the graph with an adapter at the next evaluation. That is done here, with one token, so that it
    /// is part of loading: memory that is not there is missed now, and the list of adapters is not read while another is loaded.</summary>
    private void Apply()
    {
        if (_adapter is null)
            return;
        var (adapter, scale) = (_adapter.DangerousGetHandle(), 1f);
        if (LlamaNative.llama_set_adapters_lora(handle, &adapter, 1, &scale) != 0)
            throw new DecodeException("llama.cpp does not take the adapter.");
        Batch.Add(0, 0, 0, output: true);
        lock (_model.Adapters)
            Decode();
        Batch.Clear();
        Truncate(0, 0);
    }

    private void Check(int sequence)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if ((uint)sequence >= (uint)_sequences)
            throw new DecodeException($"Sequence {sequence} is not one of the context's {_sequences}.");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsAborted(void* flag) => Volatile.Read(ref *(byte*)flag);
}
