using System.Collections.Immutable;
using SPaR.Gguf;
using SPaR.Gguf.Blocks;

namespace SPaR.Torch.Models;

/// <summary>The header of a model that can be trained. Whether one can be is decided here and nowhere else, without libtorch: the service
/// asks before it stores a training, and the training process asks again.</summary>
/// <param name="Targets">The matrices that get an adapter, in the order of the file; none without LoRA.</param>
internal sealed record TrainableModel(string Path, GgufFile File, ModelConfig Config, ImmutableArray<GgufTensor> Targets)
{
    private static readonly ImmutableArray<string> Floating = ["F32", "F16", "BF16"];

    private static readonly ImmutableArray<string> Frozen = [.. Floating, .. QuantisedBlocks.Types];

    /// <param name="lora">Null to train every weight.</param>
    /// <exception cref="ModelRejectedException">The file cannot be read; or its architecture, a tensor or the type of one, or a named
    /// target cannot be trained.</exception>
    public static TrainableModel Read(string path, LoraOptions? lora)
    {
        var file = GgufReader.Read(path);
        var config = ModelConfig.Read(path, file);
        if (lora is null)
        {
            RequireTypes(path, file, Floating, "only F32, F16 and BF16 can be trained whole. Train an adapter (the option lora), or use "
                + "the model's unquantised file");
            return new(path, file, config, []);
        }

        RequireTypes(path, file, Frozen, $"training reads {string.Join(", ", Frozen)}");
        return new(path, file, config, LoraTargets.Of(path, config, file, lora.TargetModules));
    }

    private static void RequireTypes(string path, GgufFile file, ImmutableArray<string> accepted, string rule)
    {
        if (file.Tensors.FirstOrDefault(t => !accepted.Contains(t.Type.Name)) is { } refused)
            throw new ModelRejectedException(
                "unsupported-quantisation", $"{path}: the tensor '{refused.Name}' is {refused.Type.Name}; {rule}.");
    }
}
