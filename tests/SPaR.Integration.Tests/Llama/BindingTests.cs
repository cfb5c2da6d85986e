using System.Runtime.InteropServices;
using LLama.Native;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Templates;

namespace SPaR.Integration.Tests.Llama;

/// <summary>What the engine relies on in LLamaSharp and llama.cpp.</summary>
public sealed class BindingTests
{
    public BindingTests() => LlamaLibrary.Load(NullLogger.Instance);

    [Fact]
    public void Every_template_is_rendered_as_one_of_llama_cpps() =>
        ChatTemplates.Names.Select(name => ChatTemplates.Of(name).RenderedAs).Except(KnownTemplates()).ShouldBeEmpty();

    [Fact]
    public void A_name_that_is_no_template_is_refused_with_its_name() => Should.Throw<InvalidOperationException>(
        () => LlamaLibrary.Render("nonsense", [("user", "the sea")])).Message.ShouldContain("'nonsense'");

    [Fact]
    public void A_message_longer_than_the_first_buffer_is_rendered_whole()
    {
        var text = string.Concat(Enumerable.Repeat("größer ", 2000));

        LlamaLibrary.Render("chatml", [("user", text)])
            .ShouldBe($"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n");
    }

    [Fact]
    public void A_stopped_evaluation_says_so_and_a_later_one_is_not_stopped()
    {
        using var weights = LlamaWeights.Open(TinyModel.File.Path);
        using var context = LlamaContext.Create(weights, TinyModel.File, cells: 64, sequences: 2, batchTokens: 4, threads: 1);
        context.Batch.Add(1, 0, 0, output: true);

        context.Abort(true);
        context.Decode().ShouldBeFalse();
        context.Abort(false);
        context.Truncate(0, 0);

        context.Decode().ShouldBeTrue();
    }

    /// <summary>Regression: with llama.cpp's default for outputs this aborted the process.</summary>
    [Fact]
    public void A_context_may_hold_more_sequences_than_a_batch_has_tokens()
    {
        using var weights = LlamaWeights.Open(TinyModel.File.Path);
        using var context = LlamaContext.Create(weights, TinyModel.File, cells: 256, sequences: 64, batchTokens: 16, threads: 1);
        for (var sequence = 0; sequence < 16; sequence++)
            context.Batch.Add(1, 0, 40 + sequence, output: true);

        context.Decode().ShouldBeTrue();
        context.Logits(15).Length.ShouldBe(weights.Vocabulary.Count);
    }

    [Fact]
    public void A_tokeniser_that_is_disposed_is_an_exception_and_not_a_crash()
    {
        var weights = LlamaWeights.Open(TinyModel.File.Path);
        weights.Dispose();

        Should.Throw<ObjectDisposedException>(() => weights.Vocabulary.Tokenize("the sea"));
    }

    [Fact]
    public void A_file_that_is_no_adapter_is_refused_although_llamasharp_does_not_look()
    {
        using var weights = LlamaWeights.Open(TinyModel.File.Path);
        var file = TinyModel.File with { Adapter = new AdapterFile(TinyModel.File.Path, "") };

        var e = Should.Throw<ModelRejectedException>(() => LlamaContext.Create(weights, file, 64, 2, 4, threads: 1));

        e.Code.ShouldBe("load-failed");
        e.Message.ShouldContain($"as an adapter of {TinyModel.File.Path}");
    }

    [Fact]
    public void A_context_that_llama_cpp_refuses_is_an_exception_although_llamasharp_returns_one()
    {
        using var weights = LlamaWeights.Open(TinyModel.File.Path);

        Should.Throw<ModelRejectedException>(() => LlamaContext.Create(weights, TinyModel.File, 64, sequences: 1000, 1000, threads: 1))
            .Message.ShouldContain("Llama:Cells");
    }

    private static unsafe string[] KnownTemplates()
    {
        var names = new nint[256];
        fixed (nint* first = names)
        {
            // LLamaSharp declares C strings as char**.
            var count = NativeApi.llama_chat_builtin_templates((char**)first, (nuint)names.Length);
            return [.. names.Take(count).Select(n => Marshal.PtrToStringUTF8(n)!)];
        }
    }
}
