using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Backend;
using SPaR.Llama.Templates;

namespace SPaR.Integration.Tests.Llama;

/// <summary>What the rest relies on, of whichever backend is compiled in.</summary>
public sealed class BackendTests
{
    private static readonly ILlamaBackend Backend = LlamaBackend.Compiled;

    public BackendTests() => Backend.Load(null, NullLogger.Instance);

    [Fact]
    public void Every_template_name_is_one_of_the_librarys() => ChatTemplates.Names.Except(Backend.Templates).ShouldBeEmpty();

    [Fact]
    public void A_name_that_is_no_template_is_refused_with_its_name() =>
        Should.Throw<InvalidOperationException>(() => Backend.Render("nonsense", [("user", "the sea")])).Message.ShouldContain("'nonsense'");

    [Fact]
    public void A_message_longer_than_the_first_buffer_is_rendered_whole()
    {
        var text = string.Concat(Enumerable.Repeat("größer ", 2000));

        Backend.Render("chatml", [("user", text)])
            .ShouldBe($"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n");
    }

    [Fact]
    public void Other_libraries_are_not_loaded_beside_those_that_are() =>
        Should.Throw<InvalidOperationException>(() => Backend.Load("/no/such/folder", NullLogger.Instance))
            .Message.ShouldContain("Llama:NativePath");

    [Fact]
    public void A_model_that_only_tokenises_says_what_the_whole_one_says()
    {
        using var whole = Backend.OpenWeights(TinyModel.File.Path);
        using var tokeniser = Backend.OpenVocabulary(TinyModel.File.Path);

        var (a, b) = (new Vocabulary(whole.Tokens), new Vocabulary(tokeniser.Tokens));

        b.Tokenize("the sea").ShouldBe(a.Tokenize("the sea"));
        (b.Count, b.BeginOfSequence, b.PrefixesSpace).ShouldBe((a.Count, a.BeginOfSequence, a.PrefixesSpace));
        b.Control.ShouldBe(a.Control);
        b.EndsGeneration.ShouldBe(a.EndsGeneration);
    }

    [Fact]
    public void A_stopped_evaluation_says_so_and_a_later_one_is_not_stopped()
    {
        using var weights = Backend.OpenWeights(TinyModel.File.Path);
        using var context = LlamaContext.Create(weights, TinyModel.File, cells: 64, sequences: 2, batchTokens: 4, threads: 1);
        context.Batch.Add(1, 0, 0, output: true);

        context.Abort(true);
        context.Decode().ShouldBeFalse();
        context.Abort(false);
        context.Truncate(0, 0);

        context.Decode().ShouldBeTrue();
    }

    [Fact]
    public void A_tokeniser_that_is_disposed_is_an_exception_and_not_a_crash()
    {
        var weights = Backend.OpenVocabulary(TinyModel.File.Path);
        var vocabulary = new Vocabulary(weights.Tokens);
        weights.Dispose();

        Should.Throw<ObjectDisposedException>(() => vocabulary.Tokenize("the sea"));
    }
}
