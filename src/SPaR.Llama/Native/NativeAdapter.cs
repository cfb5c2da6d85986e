using System.Runtime.InteropServices;
using SPaR.Abstractions;
using SPaR.Llama.Backend;

namespace SPaR.Llama.Native;

/// <summary>The one owner of a loaded low-rank adapter. Holds its base alive, which lists the adapters made for it.</summary>
internal sealed class NativeAdapter : SafeHandle
{
    private readonly NativeWeights _weights;

    private NativeAdapter(NativeWeights weights, nint adapter)
        : base(0, ownsHandle: true)
    {
        SetHandle(adapter);
        _weights = weights;
    }

    public override bool IsInvalid => handle == 0;

    /// <param name="file">That has an adapter.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused the adapter; the message carries its first error line.</exception>
    public static NativeAdapter Load(NativeWeights weights, ModelFile file)
    {
        var held = false;
        weights.DangerousAddRef(ref held);
        LlamaLog.Begin();
        nint native;
        lock (weights.Adapters)
            native = LlamaNative.llama_adapter_lora_init(weights.DangerousGetHandle(), file.Adapter!.Path);
        if (native != 0)
            return new NativeAdapter(weights, native);
        weights.DangerousRelease();
        throw Refusals.Adapter(file);
    }

    protected override bool ReleaseHandle()
    {
        lock (_weights.Adapters)
            LlamaNative.llama_adapter_lora_free(handle);
        _weights.DangerousRelease();
        return true;
    }
}
