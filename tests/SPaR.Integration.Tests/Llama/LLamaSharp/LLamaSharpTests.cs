using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Abstractions;
using SPaR.Llama.Backend;
using SPaR.Llama.LLamaSharp;

namespace SPaR.Integration.Tests.Llama.LLamaSharp;

/// <summary>What LLamaSharp leaves out and the backend sees to.</summary>
public sealed class LLamaSharpTests
{
    private static readonly ILlamaBackend Backend = LlamaBackend.Compiled;

    public LLamaSharpTests() => Backend.Load(null, NullLogger.Instance);

    [Fact]
    public void A_file_that_is_no_adapter_is_refused_although_llamasharp_does_not_look()
    {
        using var weights = Backend.OpenWeights(TinyModel.File.Path);
        var file = TinyModel.File with { Adapter = new AdapterFile(TinyModel.File.Path, "") };

        var e = Should.Throw<ModelRejectedException>(() => LlamaContext.Create(weights, file, 64, 2, 4, threads: 1));

        e.Code.ShouldBe("load-failed");
        e.Message.ShouldContain($"as an adapter of {TinyModel.File.Path}");
    }

    [Fact]
    public void A_context_that_llama_cpp_refuses_is_an_exception_although_llamasharp_gives_one()
    {
        using var weights = Backend.OpenWeights(TinyModel.File.Path);

        Should.Throw<ModelRejectedException>(() => LlamaContext.Create(weights, TinyModel.File, 64, sequences: 1000, 1000, threads: 1))
            .Message.ShouldContain("cannot make a context of 64 cells");
    }

    [Fact]
    public void Missing_libraries_say_what_to_set()
    {
        var e = Should.Throw<NativeLibraryMissingException>(() => LLamaSharpLibraries.Find("/no/such/folder", "libllama.so"));
        e.Message.ShouldContain("Llama:NativePath");
        e.Message.ShouldContain("/no/such/folder");
    }
}
