using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Decoding;
using SPaR.Llama.Models;
using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama;

public sealed class BadModelTests
{
    [Fact]
    public async Task A_truncated_file_is_refused()
    {
        var bytes = await File.ReadAllBytesAsync(TinyModel.File.Path);
        (await Refused("cut.gguf", bytes[..(bytes.Length / 2)])).Code.ShouldBe("truncated");
    }

    [Fact]
    public async Task A_file_that_is_not_gguf_is_refused() =>
        (await Refused("not.gguf", "{\"weights\":[]}"u8.ToArray())).Code.ShouldBe("not-gguf");

    [Fact]
    public async Task A_file_that_is_not_there_is_refused()
    {
        await using var engine = Create();
        (await Should.ThrowAsync<ModelRejectedException>(engine.LoadAsync(new ModelFile("/none.gguf", "", "chatml"), default)))
            .Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task An_unknown_architecture_is_refused()
    {
        var bytes = await File.ReadAllBytesAsync(TinyModel.File.Path);
        var at = bytes.AsSpan().IndexOf("llama"u8);
        "lxama"u8.CopyTo(bytes.AsSpan(at));
        (await Refused("arch.gguf", bytes)).Code.ShouldBe("unknown-architecture");
    }

    [Fact]
    public async Task A_missing_tensor_is_refused_by_name()
    {
        var file = TinyModel.Write("missing.gguf", w => w.Remove("blk.1.attn_q.weight"));
        await using var engine = Create();
        var e = await Should.ThrowAsync<ModelRejectedException>(engine.LoadAsync(file, default));
        e.Code.ShouldBe("malformed");
        e.Message.ShouldContain("blk.1.attn_q.weight");
    }

    [Fact]
    public async Task Weights_that_are_not_numbers_are_refused()
    {
        var file = TinyModel.Write("nan.gguf", w => w["output.weight"][5] = float.NaN);
        await using var engine = Create();
        var e = await Should.ThrowAsync<ModelRejectedException>(engine.LoadAsync(file, default));
        e.Message.ShouldContain("invalid");
    }

    [Fact]
    public async Task Weights_that_overflow_fail_the_request_and_not_the_engine()
    {
        var file = TinyModel.Write("huge.gguf", w => Array.Fill(w["output.weight"], 3e38f));
        await using var engine = Create();
        await using var bad = await engine.LoadAsync(file, default);
        await using var good = await engine.LoadAsync(TinyModel.File, default);
        foreach (var request in new[] { Request("the sea", Hot, 1, 2), Request("the sea", Greedy, 1) })
            (await Should.ThrowAsync<Exception>(bad.GenerateAsync(request, default))).Message.ShouldContain("weights are damaged");
        var scoring = new ScoringRequest(Ask("the sea"), "", ["the", "wolf"], "test");
        (await Should.ThrowAsync<Exception>(bad.ScoreAsync(scoring, default))).Message.ShouldContain("weights are damaged");
        (await good.GenerateAsync(Request("the sea", Hot, 1), default)).Samples.Length.ShouldBe(1);
    }

    [Fact]
    public void Misuse_that_would_abort_the_process_is_an_exception()
    {
        LlamaLibrary.Load(NullLogger.Instance);
        using var weights = LlamaWeights.Open(TinyModel.File.Path);
        using var context = LlamaContext.Create(weights, TinyModel.File, cells: 64, sequences: 2, batchTokens: 4, threads: 1);
        Should.Throw<DecodeException>(() => context.Decode()).Message.ShouldContain("empty");
        context.Batch.Add(1, 0, 0, output: true);
        context.Batch.Add(2, 1, 0, output: false);
        context.Batch.Add(2, 0, 1, output: true);
        Should.Throw<DecodeException>(() => context.Batch.Add(2, 2, 0, output: true)).Message.ShouldContain("outputs");
        Should.Throw<DecodeException>(() => context.Batch.Add(2, 2, 2, output: false)).Message.ShouldContain("Sequence 2");
        context.Batch.Add(2, 2, 0, output: false);
        Should.Throw<DecodeException>(() => context.Batch.Add(2, 3, 0, output: false)).Message.ShouldContain("4 tokens");
        context.Decode().ShouldBeTrue();
        context.Logits(0).Length.ShouldBeGreaterThan(256);
        Should.Throw<DecodeException>(() => context.Logits(1)).Message.ShouldContain("not marked");
        Should.Throw<DecodeException>(() => context.Fork(0, 300, 1));
        Should.Throw<DecodeException>(() => context.Truncate(-1, 0));
        context.Length(0).ShouldBe(3);
        context.Fork(0, 1, 0);
        context.Truncate(0, 1);
        context.Length(0).ShouldBe(1);
        context.Truncate(0, 0);
        context.Length(0).ShouldBe(0);
        context.Clear();
        context.Length(1).ShouldBe(0);
        context.Dispose();
        Should.Throw<ObjectDisposedException>(() => context.Decode());
    }

    [Fact]
    public void A_batch_that_llama_cpp_refuses_is_an_exception_with_its_reason()
    {
        LlamaLibrary.Load(NullLogger.Instance);
        using var weights = LlamaWeights.Open(TinyModel.File.Path);
        using var context = LlamaContext.Create(weights, TinyModel.File, cells: 64, sequences: 2, batchTokens: 4, threads: 1);
        context.Batch.Add(int.MaxValue, 0, 0, output: true);
        Should.Throw<DecodeException>(() => context.Decode()).Message.ShouldContain("token");
    }

    [Fact]
    public void Options_out_of_range_are_refused_when_a_model_is_loaded() =>
        Should.Throw<ArgumentException>(() => LlamaModel.Load(TinyModel.File, new() { Sequences = 0 }, NullLogger.Instance))
            .Message.ShouldContain("Llama:Sequences");

    private static async Task<ModelRejectedException> Refused(string name, byte[] bytes)
    {
        var path = Path.Combine(AppContext.BaseDirectory, name);
        await File.WriteAllBytesAsync(path, bytes);
        await using var engine = Create();
        return await Should.ThrowAsync<ModelRejectedException>(engine.LoadAsync(new ModelFile(path, "", "mistral-v7"), default));
    }
}
