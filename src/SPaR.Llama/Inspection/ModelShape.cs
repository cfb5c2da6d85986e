using SPaR.Gguf;

namespace SPaR.Llama.Inspection;

/// <summary>The sizes from which the shapes of all tensors follow.</summary>
/// <param name="Width">Of the embedding.</param>
/// <param name="Vocabulary">Number of tokens.</param>
/// <param name="HeadWidth">Of a head, for keys and values alike.</param>
/// <param name="Rotary">How much of a head rotates with the position.</param>
/// <param name="Inner">Width of the feed-forward layer, or of each expert's.</param>
/// <param name="Experts">0 if there is one feed-forward layer for all.</param>
/// <param name="SharedInner">Width of the expert that all tokens use; 0 if there is none.</param>
/// <param name="LongRope">Whether the rotation has factors for short and for long texts.</param>
internal sealed record ModelShape(
    long Layers, long Width, long Vocabulary, long Heads, long KeyValueHeads, long HeadWidth, long Rotary, long Inner, long Experts,
    long SharedInner, bool LongRope)
{
    /// <summary>llama.cpp's limits.</summary>
    private const long MostLayers = 512, MostExperts = 512;

    private const double MostWidth = 1 << 24;

    private static readonly string[] Scalings = ["none", "linear", "yarn", "longrope"];

    /// <summary>The keys that llama.cpp reads of every architecture.</summary>
    private static readonly KeyRule[] Keys =
    [
        KeyRule.Count("context_length", 1, int.MaxValue, required: true),
        KeyRule.Count("embedding_length", 1, MostWidth, required: true),
        KeyRule.Count("embedding_length_out", 0, MostWidth),
        KeyRule.Count("block_count", 1, MostLayers, required: true),
        KeyRule.Count("vocab_size"),
        KeyRule.Count("pooling_type"),
        KeyRule.Count("expert_count", 0, MostExperts),
        KeyRule.Count("expert_used_count", 0, MostExperts),
        KeyRule.Count("expert_group_count", 0, MostExperts),
        KeyRule.Count("expert_group_used_count", 0, MostExperts),
        KeyRule.Flag("attention.causal"),
        KeyRule.Count("attention.key_length", 1, MostWidth),
        KeyRule.Count("attention.value_length", 1, MostWidth),
        KeyRule.Count("attention.key_length_swa", 1, MostWidth),
        KeyRule.Count("attention.value_length_swa", 1, MostWidth),
        KeyRule.Positive("attention.layer_norm_rms_epsilon", required: true),
        KeyRule.Count("rope.dimension_count", 1, MostWidth),
        KeyRule.Count("rope.dimension_count_swa", 1, MostWidth),
        KeyRule.Positive("rope.freq_base"),
        KeyRule.Text("rope.scaling.type"),
        KeyRule.FromZero("rope.scaling.factor"),
        KeyRule.FromZero("rope.scale_linear"),
        KeyRule.Positive("rope.scaling.attn_factor"),
        KeyRule.FromZero("rope.scaling.alpha"),
        KeyRule.Count("rope.scaling.original_context_length", 1, int.MaxValue),
        KeyRule.Flag("rope.scaling.finetuned"),
    ];

    public long Queries => Heads * HeadWidth;

    public long KeysOrValues => KeyValueHeads * HeadWidth;

    public static ModelShape Read(Metadata metadata, Architecture architecture, long vocabulary)
    {
        foreach (var rule in Keys.Concat(architecture.Keys))
            rule.Check(metadata, architecture.Prefix);
        CheckValues(metadata, architecture.Prefix);
        var layers = metadata.Count(Key("block_count"))!.Value;
        var width = metadata.Count(Key("embedding_length"))!.Value;
        var heads = PerLayer("attention.head_count");
        var shared = metadata.Has(Key("attention.head_count_kv")) ? PerLayer("attention.head_count_kv") : heads;
        if (heads % shared != 0)
            throw metadata.Refused(Key("attention.head_count_kv"), $"a divisor of the {heads} heads");
        var head = HeadWidthOf(metadata, architecture, width, heads);
        var (experts, sharedInner) = ExpertsOf(metadata, architecture);
        return new(
            layers, width, vocabulary, heads, shared, head, RotaryOf(metadata, architecture, head), PerLayer("feed_forward_length"),
            experts, sharedInner, metadata.Text(Key("rope.scaling.type")) == "longrope");

        string Key(string name) => architecture.Prefix + name;

        long PerLayer(string name) => metadata.CountOfLayers(Key(name), layers) is >= 1 and <= (long)MostWidth and var value
            ? value
            : throw metadata.Refused(Key(name), $"from 1 to {MostWidth}");
    }

    private static void CheckValues(Metadata metadata, string prefix)
    {
        if (metadata.Text(prefix + "rope.scaling.type") is { } scaling && !Scalings.Contains(scaling))
            throw metadata.Refused(prefix + "rope.scaling.type", $"one of {string.Join(", ", Scalings)}");
        if (metadata.Flag(prefix + "attention.causal") == false)
            throw metadata.Refused(prefix + "attention.causal", "true: only such a model generates text");
        if (metadata.Has(prefix + "deepstack_mapping"))
            throw metadata.Refused(prefix + "deepstack_mapping", "left out: only models of text alone are supported");
        // llama.cpp skips a list here.
        if (!metadata.HasList(prefix + "attention.sliding_window_pattern"))
            _ = metadata.Count(prefix + "attention.sliding_window_pattern");
        _ = metadata.List(prefix + "classifier.output_labels", GgufValueType.String);
        if (metadata.Counts(prefix + "rope.dimension_sections") is { } sections
            && (sections.Length != 4 || sections.Any(s => s is < 0 or > (long)MostWidth)))
            throw metadata.Refused(prefix + "rope.dimension_sections", "4 numbers from 0");
    }

    /// <summary>llama.cpp computes attention only with keys and values of one width, in all layers.</summary>
    private static long HeadWidthOf(Metadata metadata, Architecture architecture, long width, long heads)
    {
        var key = architecture.Prefix + "attention.key_length";
        var head = metadata.Count(key) ?? width / heads;
        if (head == 0 || head % 2 != 0)
            throw metadata.Refused(key, "even, as numbers rotate in pairs; without it, embedding_length / head_count must be");
        if (heads > MostWidth / head)
            throw metadata.Refused(key, $"at most {MostWidth} / head_count");
        foreach (var same in new[] { "attention.value_length", "attention.key_length_swa", "attention.value_length_swa" })
            if ((metadata.Count(architecture.Prefix + same) ?? (same == "attention.value_length" ? width / heads : head)) != head)
                throw metadata.Refused(architecture.Prefix + same, $"{head}, the width of a head");
        if (architecture.HeadsFillWidth && head * heads != width)
            throw metadata.Refused(architecture.Prefix + "embedding_length", $"{head * heads}, the width of all heads");
        return head;
    }

    private static long RotaryOf(Metadata metadata, Architecture architecture, long head)
    {
        var key = architecture.Prefix + "rope.dimension_count";
        var rotary = metadata.Count(key) ?? head;
        if (rotary > head || rotary % 2 != 0 || (architecture.WholeHeadsRotate && rotary != head))
            throw metadata.Refused(key, architecture.WholeHeadsRotate ? $"{head}, the width of a head" : $"even and at most {head}");
        if (metadata.Count(key + "_swa") is { } sliding && sliding != rotary)
            throw metadata.Refused(key + "_swa", $"{rotary}, as in the other layers");
        return rotary;
    }

    private static (long Experts, long SharedInner) ExpertsOf(Metadata metadata, Architecture architecture)
    {
        var experts = Of("expert_count");
        if (experts > 0 && !architecture.HasExperts)
            throw metadata.Refused(architecture.Prefix + "expert_count", "0, as this architecture has none");
        Require("expert_used_count", Of("expert_used_count") is var used && (experts == 0 ? used == 0 : used > 0 && used <= experts),
            experts == 0 ? "0 without expert_count" : $"from 1 to the {experts} of expert_count");
        // Groups are for architectures that are not supported.
        Require("expert_group_count", Of("expert_group_count") is 0 or 1 && Of("expert_group_count") <= Math.Max(0, experts - 1), "0");
        return (experts, experts > 0 && architecture.HasSharedExpert ? Of("expert_shared_feed_forward_length") : 0);

        long Of(string name) => metadata.Count(architecture.Prefix + name) ?? 0;

        void Require(string name, bool condition, string rule)
        {
            if (!condition)
                throw metadata.Refused(architecture.Prefix + name, rule);
        }
    }
}
