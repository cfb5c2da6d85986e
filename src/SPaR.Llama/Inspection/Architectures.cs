using static SPaR.Llama.Inspection.KeyRule;
using static SPaR.Llama.Inspection.LayerParts;

namespace SPaR.Llama.Inspection;

/// <summary>The supported families of decoder-only models. Recurrent, encoder and diffusion models handle sequences differently and are
/// not supported. What a file may have follows llama.cpp's loader.</summary>
internal static class Architectures
{
    /// <summary>A window of attention; llama.cpp multiplies it with the number of sequences in 32 bits.</summary>
    private const double MostWindow = 1 << 22;

    public static IReadOnlyList<Architecture> All { get; } =
    [
        // GLM-4-9B, ChatGLM3
        new("chatglm", Attention, FusedFeedForward) { HeadsFillWidth = true },
        new("gemma", Attention, FeedForward) { HasOutput = false },
        new("gemma2", Attention, FeedForward, NormsAfter)
        {
            HasOutput = false,
            Keys =
            [
                Count("attention.sliding_window", 1, MostWindow), Positive("rope.freq_base_swa"), Positive("attn_logit_softcapping"),
                Positive("final_logit_softcapping"),
            ],
        },
        new("gemma3", Attention, QueryAndKeyNorms, FeedForward, NormsAfter)
        {
            Keys = [Count("attention.sliding_window", 0, MostWindow), Positive("rope.freq_base_swa"), FromZero("final_logit_softcapping")],
        },
        // GLM-4-0414
        new("glm4", Attention, FusedFeedForward, NormsAfter)
        {
            Keys = [Count("nextn_predict_layers", 0, 0)],
            FixedMatrices = ["attn_output", "ffn_down"],
        },
        new("granite", Attention, AttentionOutputBias, FeedForwardOrExperts)
        {
            HasExperts = true,
            HasSharedExpert = true,
            WholeHeadsRotate = true,
            Rope = RopeTensors.Frequencies,
            Keys =
            [
                Positive("logit_scale", required: true), FromZero("residual_scale"), FromZero("embedding_scale"),
                FromZero("attention.scale"), Count("expert_shared_feed_forward_length", 0, MostWindow),
            ],
        },
        // Llama 2 and 3, Mistral, Mixtral, and many others of the same architecture
        new("llama", Attention, AttentionOutputBias, FeedForwardOrExperts)
        {
            HasExperts = true,
            WholeHeadsRotate = true,
            Rope = RopeTensors.Frequencies,
        },
        // Ministral 3, Mistral Small 3
        new("mistral3", Attention, AttentionOutputBias, FeedForwardOrExperts)
        {
            HasExperts = true,
            WholeHeadsRotate = true,
            Rope = RopeTensors.Frequencies,
            Keys =
            [
                FromZero("attention.temperature_scale"), FromZero("rope.scaling.yarn_beta_fast"), FromZero("rope.scaling.yarn_beta_slow"),
                FromZero("rope.scaling.yarn_log_multiplier"),
            ],
        },
        // Phi-3, Phi-3.5, Phi-4
        new("phi3", Attention, FusedFeedForward)
        {
            HeadsFillWidth = true,
            Rope = RopeTensors.ShortAndLong,
            Keys = [Count("attention.sliding_window")],
        },
        new("qwen2", Attention, FeedForward) { HeadsFillWidth = true, WholeHeadsRotate = true, HasOutputBias = true },
        new("qwen3", Attention, QueryAndKeyNorms, FeedForward) { WholeHeadsRotate = true },
    ];

    /// <param name="path">The file, for the message.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-architecture</c>.</exception>
    public static Architecture Named(string path, string name) =>
        All.FirstOrDefault(a => a.Name == name)
        ?? throw new ModelRejectedException(
            "unknown-architecture",
            $"{path}: has the unsupported architecture '{name}'. Use one of: {string.Join(", ", All.Select(a => a.Name))}.");
}
