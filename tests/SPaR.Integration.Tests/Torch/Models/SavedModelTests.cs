using SPaR.Gguf;
using SPaR.Torch;
using SPaR.Torch.Models;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>The files that training writes: their numbers, their metadata, and how llama.cpp reads them.</summary>
[Collection(TorchCollection.Name)]
public sealed class SavedModelTests : IDisposable
{
    private static readonly Dictionary<string, string> NoLineage = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar saved ");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    // llama.cpp rounds what it multiplies with such weights to their type; the trainer computes in F32.
    [InlineData("f16", "F16", 2e-2)]
    [InlineData("bf16", "BF16", 2e-1)]
    public void A_model_keeps_each_tensors_type_and_its_numbers_are_the_nearest_of_it(string variant, string type, double rounding)
    {
        var (source, saved, wide) = (Write(variant), At("saved.gguf"), At("wide.gguf"));
        var tokens = Agreement.Tokens(65);
        using var model = LanguageModel.Load(source, "f32", null, 0);
        Agreement.Nudge(model);

        model.Save(saved, NoLineage);

        foreach (var tensor in GgufReader.Read(saved).Tensors)
        {
            tensor.Type.Name.ShouldBe(tensor.Dimensions.Length == 1 ? "F32" : type, tensor.Name);
            var exact = model.Trainable[tensor.Name].data<float>().ToArray();
            StoredNumbers.Of(saved, tensor.Name).ShouldBe(exact.Select(x => StoredNumbers.Rounded(x, tensor.Type)), tensor.Name);
        }
        using var again = LanguageModel.Load(saved, "f32", null, 0);
        StoredNumbers.Widen(saved, wide);
        var ours = Agreement.Ours(again, tokens);
        Agreement.Difference(ours, Agreement.Theirs(wide, tokens)).ShouldBeLessThan(1e-3f, "of the same numbers in F32");
        Agreement.Difference(ours, Agreement.Theirs(saved, tokens)).ShouldBeLessThan((float)rounding);
    }

    [Theory]
    [InlineData(float.MaxValue, "bf16", "BF16")]
    [InlineData(65520f, "f16", "F16")]
    [InlineData(float.NaN, "gqa", "F32")]
    public void A_number_that_the_type_cannot_hold_is_refused_and_the_old_file_stays(float number, string variant, string type)
    {
        var (source, saved) = (Write(variant), At("saved.gguf"));
        File.WriteAllText(saved, "old");
        using var model = LanguageModel.Load(source, "f32", null, 0);
        using (no_grad())
            model.Trainable["blk.1.ffn_down.weight"].fill_(number);

        var failure = Should.Throw<TrainingFailureException>(() => model.Save(saved, NoLineage));

        failure.Code.ShouldBe("not-finite");
        failure.Message.ShouldContain("'blk.1.ffn_down.weight'");
        failure.Message.ShouldContain(type);
        File.ReadAllText(saved).ShouldBe("old");
        _folder.GetFiles().Select(f => f.Name).Order().ShouldBe([$"{variant}.gguf", "saved.gguf"]);
    }

    [Fact]
    public void A_model_names_its_parent_as_its_base_and_inherits_only_what_holds_for_it()
    {
        var (source, saved) = (Write("gqa"), At("saved.gguf"));
        using (var model = LanguageModel.Load(source, "f32", null, 0))
            model.Save(saved, new Dictionary<string, string> { ["general.name"] = "tiny (dpo)", ["spar.training.method"] = "dpo" });

        var metadata = GgufReader.Read(saved).Metadata;
        metadata.Where(e => e.Key.StartsWith("general.", StringComparison.Ordinal)).ShouldBe(new Dictionary<string, object>
        {
            ["general.architecture"] = "llama",
            ["general.license"] = "apache-2.0",
            ["general.base_model.count"] = 1L,
            ["general.base_model.0.name"] = "tiny",
            ["general.base_model.0.author"] = "nobody",
            ["general.name"] = "tiny (dpo)",
        }, ignoreOrder: true);
        metadata["spar.training.method"].ShouldBe("dpo");
        ReferenceLogits.Of(saved, [1]).Length.ShouldBe(1, "llama.cpp loads it");
    }

    [Fact]
    public void A_run_writes_a_model_whose_name_says_how_it_was_trained()
    {
        var source = Write("gqa");
        foreach (var (method, name) in new[] { (TrainingMethod.Dpo, "tiny (dpo)"), (TrainingMethod.Sft, "tiny (sft)") })
        {
            var run = _folder.CreateSubdirectory(name).FullName;
            File.WriteAllText(Path.Combine(run, TrainingFolder.Data), "");
            using var model = LanguageModel.Load(source, "f32", null, 0);

            TrainingResult.Write(new TrainingPlan(run, new TrainingJob(method, source, new TrainingOptions()), "abc"), model, 3, 2, null);

            var metadata = GgufReader.Read(Path.Combine(run, TrainingFolder.Model)).Metadata;
            metadata["general.name"].ShouldBe(name);
            metadata["general.base_model.0.name"].ShouldBe("tiny");
            metadata["spar.parent.sha256"].ShouldBe("abc");
            Directory.GetFiles(run, "*writing*").ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_file_that_has_become_shorter_is_refused_and_leaves_no_tensor_behind()
    {
        var path = Write("plain");
        var file = GgufReader.Read(path);
        using (var stream = File.OpenWrite(path))
            stream.SetLength(file.DataOffset + file.Tensors[5].Offset);
        var before = Tensor.TotalCount;

        Should.Throw<ModelRejectedException>(() => ModelWeights.Trained(path, file, ScalarType.Float32, CPU)).Code.ShouldBe("truncated");
        Should.Throw<ModelRejectedException>(() => ModelWeights.Frozen(path, file, ScalarType.Float32, CPU)).Code.ShouldBe("truncated");

        Tensor.TotalCount.ShouldBe(before);
    }

    [Theory]
    [InlineData("partial")]
    [InlineData("q8_0")]
    public void A_refused_model_leaves_no_tensor_behind(string variant)
    {
        var path = Write(variant);
        var before = Tensor.TotalCount;

        Should.Throw<ModelRejectedException>(() => LanguageModel.Load(path, "f32", null, 0));

        Tensor.TotalCount.ShouldBe(before);
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string variant) => TinyLlama.Write(At($"{variant}.gguf"), variant);
}
