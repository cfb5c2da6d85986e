using System.Runtime.InteropServices;
using SPaR.Abstractions;

namespace SPaR.Llama.Native;

/// <summary>The one owner of a loaded model's weights.</summary>
internal sealed class LlamaModelHandle : SafeHandle
{
    private LlamaModelHandle(nint model)
        : base(0, ownsHandle: true) => SetHandle(model);

    public override bool IsInvalid => handle == 0;

    /// <summary>Taken by whoever changes or reads llama.cpp's list of the model's adapters: loading and freeing one, and making a
    /// context, whose graph has room for all of them.</summary>
    public Lock Adapters { get; } = new();

    /// <param name="vocabularyOnly">Leaves the weights in the file: it tokenises and no more.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused the file; the message carries its first error line.</exception>
    public static LlamaModelHandle Load(string path, bool vocabularyOnly = false)
    {
        var parameters = LlamaNative.llama_model_default_params();
        // One pass over the weights at load, so that a damaged file is refused here and not found out in the middle of a run.
        parameters.CheckTensors = (byte)(vocabularyOnly ? 0 : 1);
        parameters.VocabOnly = (byte)(vocabularyOnly ? 1 : 0);
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
