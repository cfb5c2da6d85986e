using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Native;

namespace SPaR.Integration.Tests.Llama.Native;

/// <summary>The structs against the library's layout, as its compiler laid them out, and its default values field by field.</summary>
public sealed unsafe class AbiTests
{
    public AbiTests() => NativeLibraries.Load(null, NullLogger.Instance);

    [Fact]
    public void Sizes_are_the_librarys()
    {
        Unsafe.SizeOf<ModelParams>().ShouldBe(80);
        Unsafe.SizeOf<ContextParams>().ShouldBe(160);
        Unsafe.SizeOf<NativeBatch>().ShouldBe(56);
        Unsafe.SizeOf<ChatMessage>().ShouldBe(16);
    }

    [Fact]
    public void Offsets_of_the_model_parameters_are_the_librarys()
    {
        ModelParams p;
        var start = (byte*)&p;
        long[] offsets =
        [
            (byte*)&p.Devices - start, (byte*)&p.TensorBufferOverrides - start, (byte*)&p.GpuLayers - start, (byte*)&p.SplitMode - start,
            (byte*)&p.LoadMode - start, (byte*)&p.LazyMode - start, (byte*)&p.MainGpu - start, (byte*)&p.TensorSplit - start,
            (byte*)&p.ProgressCallback - start, (byte*)&p.ProgressUserData - start, (byte*)&p.KvOverrides - start, &p.VocabOnly - start,
            &p.CheckTensors - start, &p.UseExtraBufferTypes - start, &p.NoHost - start, &p.NoAlloc - start, &p.LoadMtp - start,
        ];
        offsets.ShouldBe([0, 8, 16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 73, 74, 75, 76, 77]);
    }

    [Fact]
    public void Offsets_of_the_context_parameters_are_the_librarys()
    {
        ContextParams p;
        var start = (byte*)&p;
        long[] offsets =
        [
            (byte*)&p.Ctx - start, (byte*)&p.Batch - start, (byte*)&p.MicroBatch - start, (byte*)&p.SeqMax - start,
            (byte*)&p.RecurrentSnapshots - start, (byte*)&p.OutputsMax - start, (byte*)&p.OutputsMaxPerSeq - start,
            (byte*)&p.Threads - start, (byte*)&p.ThreadsBatch - start, (byte*)&p.ContextType - start, (byte*)&p.RopeScaling - start,
            (byte*)&p.Pooling - start, (byte*)&p.Attention - start, (byte*)&p.FlashAttention - start, (byte*)&p.RopeFreqBase - start,
            (byte*)&p.RopeFreqScale - start, (byte*)&p.YarnExtFactor - start, (byte*)&p.YarnAttnFactor - start,
            (byte*)&p.YarnBetaFast - start, (byte*)&p.YarnBetaSlow - start, (byte*)&p.YarnOrigCtx - start,
            (byte*)&p.DefragThreshold - start, (byte*)&p.EvalCallback - start, (byte*)&p.EvalUserData - start, (byte*)&p.TypeK - start,
            (byte*)&p.TypeV - start, (byte*)&p.AbortCallback - start, (byte*)&p.AbortUserData - start, &p.Embeddings - start,
            &p.OffloadKqv - start, &p.NoPerf - start, &p.OpOffload - start, &p.SwaFull - start, &p.KvUnified - start,
            (byte*)&p.Samplers - start, (byte*)&p.SamplerCount - start, (byte*)&p.OtherContext - start,
        ];
        offsets.ShouldBe(
        [
            0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 96, 104, 108, 112, 120,
            128, 129, 130, 131, 132, 133, 136, 144, 152,
        ]);
    }

    [Fact]
    public void Offsets_of_the_batch_are_the_librarys()
    {
        NativeBatch b;
        var start = (byte*)&b;
        long[] offsets =
        [
            (byte*)&b.Tokens - start, (byte*)&b.Token - start, (byte*)&b.Embedding - start, (byte*)&b.Position - start,
            (byte*)&b.SequenceCount - start, (byte*)&b.Sequence - start, (byte*)&b.Output - start,
        ];
        offsets.ShouldBe([0, 8, 16, 24, 32, 40, 48]);
    }

    [Fact]
    public void Default_model_parameters_are_the_librarys()
    {
        var p = LlamaNative.llama_model_default_params();
        (p.GpuLayers, p.SplitMode, p.LoadMode, p.LazyMode, p.MainGpu).ShouldBe((-1, 1, -1, 1, 0));
        (p.VocabOnly, p.CheckTensors, p.UseExtraBufferTypes, p.NoHost, p.NoAlloc, p.LoadMtp)
            .ShouldBe(((byte)0, (byte)0, (byte)1, (byte)0, (byte)0, (byte)0));
        new[] { (nint)p.Devices, (nint)p.TensorBufferOverrides, (nint)p.TensorSplit, (nint)p.ProgressCallback, (nint)p.ProgressUserData,
            (nint)p.KvOverrides }.ShouldAllBe(pointer => pointer == 0);
    }

    [Fact]
    public void Default_context_parameters_are_the_librarys()
    {
        var p = LlamaNative.llama_context_default_params();
        (p.Ctx, p.Batch, p.MicroBatch, p.SeqMax, p.RecurrentSnapshots, p.OutputsMax, p.OutputsMaxPerSeq)
            .ShouldBe((512u, 2048u, 512u, 1u, 0u, 0u, 1u));
        (p.Threads, p.ThreadsBatch).ShouldBe((4, 4));
        (p.ContextType, p.RopeScaling, p.Pooling, p.Attention, p.FlashAttention).ShouldBe((0, -1, -1, -1, -1));
        (p.RopeFreqBase, p.RopeFreqScale, p.YarnExtFactor, p.YarnAttnFactor, p.YarnBetaFast, p.YarnBetaSlow)
            .ShouldBe((0f, 0f, -1f, -1f, -1f, -1f));
        (p.YarnOrigCtx, p.DefragThreshold, p.TypeK, p.TypeV).ShouldBe((0u, -1f, 1, 1));
        (p.Embeddings, p.OffloadKqv, p.NoPerf, p.OpOffload, p.SwaFull, p.KvUnified)
            .ShouldBe(((byte)0, (byte)1, (byte)1, (byte)1, (byte)1, (byte)0));
        new[] { (nint)p.EvalCallback, (nint)p.EvalUserData, (nint)p.AbortCallback, (nint)p.AbortUserData, (nint)p.Samplers,
            (nint)p.SamplerCount, (nint)p.OtherContext }.ShouldAllBe(pointer => pointer == 0);
    }
}
