using System.Runtime.InteropServices;
using LLama.Native;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Binding;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Compares LLamaSharp's structs with the library of its backend package: another release of llama.cpp would be misread without an
/// error. The default values reveal it.</summary>
public sealed unsafe class LlamaReleaseTests
{
    private readonly nint _llama;

    public LlamaReleaseTests()
    {
        LlamaLibrary.Load(NullLogger.Instance);
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        _llama = NativeLibrary.Load(process.Modules.Cast<System.Diagnostics.ProcessModule>()
            .First(m => m.ModuleName.StartsWith("libllama.", StringComparison.Ordinal)).FileName);
    }

    [Fact]
    public void The_parameters_of_a_context_are_where_llamasharp_reads_them()
    {
        var p = Defaults<LLamaContextParams>("llama_context_default_params");
        (p.n_ctx, p.n_batch, p.n_ubatch, p.n_seq_max, p.n_outputs_max).ShouldBe((512u, 2048u, 512u, 1u, 0u));
        (p.n_threads, p.n_threads_batch).ShouldBe((4, 4));
        p.rope_scaling_type.ShouldBe(RopeScalingType.Unspecified);
        (p.yarn_ext_factor, p.yarn_beta_slow, p.defrag_threshold).ShouldBe((-1f, -1f, -1f));
        (p.type_k, p.type_v).ShouldBe((GGMLType.GGML_TYPE_F16, GGMLType.GGML_TYPE_F16));
        p.abort_callback.ShouldBe(0);
        (p.embeddings, p.offload_kqv, p.op_offload, p.kv_unified).ShouldBe((false, true, true, false));
    }

    [Fact]
    public void The_parameters_of_a_model_are_where_llamasharp_reads_them()
    {
        var p = Defaults<LLamaModelParams>("llama_model_default_params");
        (p.n_gpu_layers, p.main_gpu, p.load_mode).ShouldBe((-1, 0, LLamaLoadMode.MemoryMap));
        (p.vocab_only, p.check_tensors, p.use_extra_bufts, p.no_alloc).ShouldBe((false, false, true, false));
    }

    /// <summary>Read into a larger buffer than any release fills, as a larger struct would overwrite the memory behind it.</summary>
    private T Defaults<T>(string function)
    {
        var room = ((delegate* unmanaged[Cdecl]<Room>)NativeLibrary.GetExport(_llama, function))();
        return Marshal.PtrToStructure<T>((nint)(&room))!;
    }

    [StructLayout(LayoutKind.Sequential, Size = 1024)]
    private struct Room;
}
