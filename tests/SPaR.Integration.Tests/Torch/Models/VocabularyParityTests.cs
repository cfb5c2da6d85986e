using SPaR.Gguf;
using SPaR.MicroWorld;
using SPaR.Torch.Models;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>The whole vocabulary at each of 256 positions against llama.cpp: F32 weights, F32 cache, no flash attention.</summary>
[Collection(TorchCollection.Name)]
public sealed class VocabularyParityTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar parity ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("plain")]
    [InlineData("gqa")]
    [InlineData("tied")]
    [InlineData("linear")]
    [InlineData("untyped")]
    [InlineData("old")]
    [InlineData("unscaled")]
    [InlineData("factors")]
    [InlineData("wide")]
    public void Every_logit_is_that_of_llama_cpp_and_so_is_the_likeliest_token(string variant)
    {
        var path = Write(variant);
        var tokens = Tokens(256, 60);

        var (ours, theirs) = (FullLogits.Of(path, tokens), ReferenceLogits.Of(path, tokens));

        ours.Length.ShouldBe(256);
        for (var position = 0; position < 256; position++)
        {
            ours[position].Zip(theirs[position], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1e-3f, $"position {position}");
            Likeliest(ours[position]).ShouldBe(Likeliest(theirs[position]), $"position {position}");
        }
        theirs.Select(Likeliest).Distinct().Count().ShouldBeGreaterThan(10, "a model that always says the same would agree with any");
    }

    [Fact]
    public void The_micro_models_logits_are_those_of_llama_cpp()
    {
        var tokens = Tokens(256, 400);

        var (ours, theirs) = (FullLogits.Of(MicroModel.Path, tokens), ReferenceLogits.Of(MicroModel.Path, tokens));

        for (var position = 0; position < 256; position++)
            ours[position].Zip(theirs[position], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1e-3f, $"position {position}");
        ours.Select(Likeliest).ShouldBe(theirs.Select(Likeliest));
    }

    [Fact]
    public void Scaling_that_is_switched_off_and_scaling_by_the_old_key_change_what_they_should()
    {
        var tokens = Tokens(64, 60);
        Difference(FullLogits.Of(Write("unscaled"), tokens), FullLogits.Of(Write("plain"), tokens)).ShouldBe(0);
        Difference(FullLogits.Of(Write("old"), tokens), FullLogits.Of(Write("linear"), tokens)).ShouldBe(0);
        Difference(FullLogits.Of(Write("old"), tokens), FullLogits.Of(Write("plain"), tokens)).ShouldBeGreaterThan(0.01f);
    }

    [Fact]
    public void Heads_that_rotate_only_in_part_are_refused_here_as_by_llama_cpp()
    {
        var path = Write("partial");

        Should.Throw<ModelRejectedException>(() => ModelConfig.Read(path, GgufReader.Read(path))).Message
            .ShouldStartWith($"{path}: has 8 for 'llama.rope.dimension_count'");
        Should.Throw<ModelRejectedException>(() => ReferenceLogits.Of(path, [1])).Message.ShouldContain("invalid n_rot: 8, expected 16");
    }

    private static float Difference(float[][] a, float[][] b) => a.Zip(b, (x, y) => x.Zip(y, (p, q) => Math.Abs(p - q)).Max()).Max();

    private static int Likeliest(float[] logits) => Array.IndexOf(logits, logits.Max());

    private static int[] Tokens(int count, int below)
    {
        var random = new MicroRandom(29);
        return [.. Enumerable.Range(0, count).Select(i => i == 0 ? 1 : random.Below(below))];
    }

    private string Write(string variant) => TinyLlama.Write(Path.Combine(_folder.FullName, $"{variant}.gguf"), variant);
}
