using System.Diagnostics;
using System.Runtime.InteropServices;
using LLama.Native;
using SPaR.Abstractions;

namespace SPaR.Llama.LLamaSharp;

/// <summary>LLamaSharp reads llama.cpp's structs by its own idea of them. Libraries of another release are read askew, or write beyond
/// what LLamaSharp has set aside, without an error. The default values tell, fetched into more room than any release fills.</summary>
internal static unsafe class ReleaseCheck
{
    /// <exception cref="NativeLibraryMissingException">The libraries are of another release.</exception>
    public static void Run()
    {
        var llama = NativeLibrary.Load(PathOfLoaded());
        var context = Defaults<LLamaContextParams>(NativeLibrary.GetExport(llama, "llama_context_default_params"));
        var model = Defaults<LLamaModelParams>(NativeLibrary.GetExport(llama, "llama_model_default_params"));
        if (!Fits(context) || !Fits(model))
            throw new NativeLibraryMissingException(
                "The llama.cpp libraries are of another release than LLamaSharp was made for. Give its packages in Directory.Packages.props "
                + "one version, and set Llama:NativePath to a folder with that release of llama.cpp, or leave it out.");
    }

    private static bool Fits(LLamaContextParams p) => p is
    {
        n_ctx: 512,
        n_batch: 2048,
        n_ubatch: 512,
        n_seq_max: 1,
        n_threads: 4,
        n_threads_batch: 4,
        rope_scaling_type: RopeScalingType.Unspecified,
        yarn_ext_factor: -1,
        yarn_beta_slow: -1,
        defrag_threshold: -1,
        type_k: GGMLType.GGML_TYPE_F16,
        type_v: GGMLType.GGML_TYPE_F16,
        abort_callback: 0,
        embeddings: false,
        offload_kqv: true,
        op_offload: true,
        kv_unified: false,
    };

    private static bool Fits(LLamaModelParams p) =>
        p is { n_gpu_layers: -1, main_gpu: 0, vocab_only: false, check_tensors: false, use_extra_bufts: true };

    private static string PathOfLoaded()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().First(m => m.ModuleName.StartsWith("libllama.", StringComparison.Ordinal)).FileName;
    }

    private static T Defaults<T>(nint function)
    {
        var room = ((delegate* unmanaged[Cdecl]<Room>)function)();
        return Marshal.PtrToStructure<T>((nint)(&room))!;
    }

    [StructLayout(LayoutKind.Sequential, Size = 1024)]
    private struct Room;
}
