using System.Collections.Immutable;

namespace SPaR.Torch.Families;

/// <summary>The architectures that can be trained. To add one, declare it in a file of its own and name it here.</summary>
internal static class ModelFamilies
{
    public static ImmutableArray<ModelFamily> All { get; } =
    [
        LlamaFamily.Family,
        Qwen2Family.Family,
        Qwen3Family.Family,
        ChatGlmFamily.Family,
        Glm4Family.Family,
        Gemma3Family.Family,
    ];

    /// <returns>Null if none has that architecture.</returns>
    public static ModelFamily? Named(string? architecture) => All.FirstOrDefault(f => f.Architecture == architecture);
}
