using System.Runtime.InteropServices;
using SPaR.Abstractions;

namespace SPaR.Llama.Native;

/// <summary>The one owner of a loaded low-rank adapter. Holds its base alive, which lists the adapters made for it.</summary>
internal sealed class LlamaAdapterHandle : SafeHandle
{
    private readonly LlamaModelHandle _model;

    private LlamaAdapterHandle(LlamaModelHandle model, nint adapter)
        : base(0, ownsHandle: true)
    {
        SetHandle(adapter);
        _model = model;
    }

    public override bool IsInvalid => handle == 0;

    /// <exception cref="ModelRejectedException">llama.cpp refused the file; the message carries its first error line.</exception>
    public static LlamaAdapterHandle Load(LlamaModelHandle model, ModelFile file, AdapterFile adapter)
    {
        var held = false;
        model.DangerousAddRef(ref held);
        NativeLog.Begin();
        nint native;
        lock (model.Adapters)
            native = LlamaNative.llama_adapter_lora_init(model.DangerousGetHandle(), adapter.Path);
        if (native != 0)
            return new LlamaAdapterHandle(model, native);
        var reason = NativeLog.FirstError;
        model.DangerousRelease();
        throw new ModelRejectedException(
            "load-failed",
            $"{adapter.Path}: llama.cpp cannot load it as an adapter of {file.Path} ({reason}). Train or convert the adapter again.");
    }

    protected override bool ReleaseHandle()
    {
        lock (_model.Adapters)
            LlamaNative.llama_adapter_lora_free(handle);
        _model.DangerousRelease();
        return true;
    }
}
