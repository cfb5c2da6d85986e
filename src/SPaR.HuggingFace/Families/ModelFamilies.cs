using SPaR.Gguf;
using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Families;

/// <summary>The families that can be converted. To add one, add its file and a line here.</summary>
internal static class ModelFamilies
{
    private static readonly ImmutableArray<Family> All =
    [
        LlamaFamily.Llama, LlamaFamily.Mistral, QwenFamily.Qwen2, QwenFamily.Qwen3, GlmFamily.Own, GlmFamily.Glm, GlmFamily.Glm4,
        GemmaFamily.Gemma3,
    ];

    /// <param name="config">config.json.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-architecture</c>.</exception>
    public static Family Of(JsonFields config)
    {
        var type = config.Text("model_type");
        var name = config.List("architectures") is [{ ValueKind: System.Text.Json.JsonValueKind.String } first, ..]
            ? first.GetString() : null;
        // ChatGLM's own code has one class for weights and one for chats.
        return All.FirstOrDefault(f => f.Config.ModelType == type
                && (name is null || name == f.Config.ClassName || (type == "chatglm" && name == "ChatGLMForConditionalGeneration")))
            ?? throw new ModelRejectedException(
                "unknown-architecture", $"{config.File}: has the model_type '{type}' with the architecture '{name}', "
                + "which cannot be converted. "
                + $"Use one of: {string.Join(", ", All.Select(f => $"{f.Config.ModelType} ({f.Config.ClassName})"))}.");
    }

    /// <summary>The family of a GGUF file: the one that it was imported from, or the first of its architecture with its tensors.</summary>
    /// <param name="kept">The config that it came with; null if it came without.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-architecture</c>.</exception>
    public static Family Of(string path, GgufFile file, JsonFields? kept)
    {
        var architecture = file.Metadata.GetValueOrDefault("general.architecture") as string;
        if (kept is not null && Of(kept) is var origin && origin.Architecture == architecture)
            return origin;
        var fused = file.Tensors.Any(t => t.Name.EndsWith(".attn_qkv.weight", StringComparison.Ordinal));
        var window = file.Metadata.ContainsKey($"{architecture}.attention.sliding_window");
        return All.Where(f => f.Architecture == architecture && f.Tensors.Any(t => t.Gguf == "blk.*.attn_qkv") == fused)
                .OrderBy(f => f.Config.HasWindow != window).FirstOrDefault()
            ?? throw new ModelRejectedException(
                "unknown-architecture", $"{path}: has the architecture '{architecture}', which cannot be exported. "
                + $"Use one of: {string.Join(", ", All.Select(f => f.Architecture).Distinct())}.");
    }
}
