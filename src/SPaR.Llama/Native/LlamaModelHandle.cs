using System.Runtime.InteropServices;
using SPaR.Abstractions;

namespace SPaR.Llama.Native;

/// <summary>The one owner of a loaded model's weights.</summary>
internal sealed class LlamaModelHandle : SafeHandle
{
    private LlamaModelHandle(nint model)
        : base(0, ownsHandle: true) => SetHandle(model);

    public override bool IsInvalid => handle == 0;

    /// <exception cref="ModelRejectedException">llama.cpp refused the file; the message carries its first error line.</exception>
    public static LlamaModelHandle Load(string path)
    {
        var parameters = LlamaNative.llama_model_default_params();
        // One pass over the weights at load, so that a damaged file is refused here and not found out in the middle of a run.
        parameters.CheckTensors = 1;
        NativeLog.Begin();
        var model = LlamaNative.llama_model_load_from_file(path, parameters);
        return model != 0
            ? new LlamaModelHandle(model)
            : throw new ModelRejectedException(
                "load-failed", $"{path}: llama.cpp cannot load it ({NativeLog.FirstError}). Convert or download the model again.");
    }

    protected override bool ReleaseHandle()
    {
        LlamaNative.llama_model_free(handle);
        return true;
    }
}
