using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>Which matrices of a model get an adapter.</summary>
internal static class LoraTargets
{
    /// <param name="path">The model's file.</param>
    /// <param name="named">Such as <c>attn_q</c>; null: every matrix inside the blocks whose adapter llama.cpp can apply.</param>
    /// <returns>In the order of the file.</returns>
    /// <exception cref="ModelRejectedException"><c>no-lora-target</c>: the model does not have one of the named matrices.</exception>
    public static ImmutableArray<GgufTensor> Of(string path, ModelConfig config, GgufFile file, ImmutableArray<string>? named)
    {
        var possible = file.Tensors.Where(t => t.Dimensions.Length == 2 && MatrixOf(t.Name) is { } matrix
            && !config.Family.FixedMatrices.Contains(matrix)).ToArray();
        string[] known = [.. possible.Select(t => MatrixOf(t.Name)!).Distinct()];
        if (named is not { } targets)
            return [.. possible];
        if (targets.FirstOrDefault(t => !known.Contains(t)) is { } unknown)
            throw new ModelRejectedException(ITrainingInspector.NoTarget,
                $"{path}: lora.target_modules names '{unknown}', which cannot have an adapter in this model of the architecture "
                + $"{config.Family.Architecture}. Use some of {string.Join(", ", known)}, or leave it out for all.");
        return [.. possible.Where(t => targets.Contains(MatrixOf(t.Name)!))];
    }

    /// <returns><c>attn_q</c> of <c>blk.3.attn_q.weight</c>; null outside the blocks.</returns>
    private static string? MatrixOf(string name) => name.Split('.') is ["blk", _, var matrix, "weight"] ? matrix : null;
}
