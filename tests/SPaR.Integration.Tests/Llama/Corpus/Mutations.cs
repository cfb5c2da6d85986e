using System.Text;
using SPaR.Gguf;
using static SPaR.Integration.Tests.Llama.Corpus.RawValue;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>Changes one thing of a model file, at random.</summary>
internal static class Mutations
{
    private static readonly (string Name, Action<RawGguf, Random> Change)[] Kinds =
    [
        ("header", Header), ("value of another type", AnyValue), ("value", SameType), ("metadata entries", Entries),
        ("type of a tensor", TensorType), ("shape of a tensor", TensorShape), ("tensors", Tensors), ("alignment", Alignment),
    ];

    private static readonly (string Name, Action<RawGguf, Random> Change)[] OfModels =
        [.. Kinds, .. TokenizerMutations.Kinds];

    /// <summary>The keys that llama.cpp reads of any of the architectures, without those of the files.</summary>
    private static readonly string[] Keys =
    [
        "general.alignment", "general.file_type", "general.type", "split.count", "split.no", "*.vocab_size", "*.embedding_length_out",
        "*.pooling_type", "*.attention.causal", "*.expert_count", "*.expert_used_count", "*.expert_group_count",
        "*.expert_group_used_count", "*.expert_shared_feed_forward_length", "*.attention.key_length_swa", "*.attention.value_length_swa",
        "*.rope.dimension_count_swa", "*.rope.scaling.type", "*.rope.scaling.factor", "*.rope.scale_linear", "*.rope.scaling.attn_factor",
        "*.rope.scaling.alpha", "*.rope.scaling.original_context_length", "*.rope.scaling.finetuned", "*.rope.freq_base_swa",
        "*.rope.dimension_sections", "*.rope.scaling.yarn_beta_fast", "*.rope.scaling.yarn_beta_slow",
        "*.rope.scaling.yarn_log_multiplier", "*.attention.sliding_window", "*.attention.sliding_window_pattern",
        "*.attention.temperature_scale", "*.attention.scale", "*.attn_logit_softcapping", "*.final_logit_softcapping", "*.logit_scale",
        "*.residual_scale", "*.embedding_scale", "*.nextn_predict_layers", "*.deepstack_mapping", "*.classifier.output_labels",
        "*.use_parallel_residual", "*.attention.clamp_kqv", "*.attention.max_alibi_bias", "*.attention.layer_norm_epsilon",
        "tokenizer.ggml.pre", "tokenizer.ggml.scores", "tokenizer.ggml.merges", "tokenizer.ggml.token_type_count",
        "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id", "tokenizer.ggml.padding_token_id", "tokenizer.ggml.mask_token_id",
        "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id",
        "tokenizer.ggml.add_eos_token", "tokenizer.ggml.add_sep_token", "tokenizer.ggml.add_space_prefix",
        "tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.precompiled_charsmap", "tokenizer.ggml.suppress_tokens",
        "tokenizer.ggml.normalizer.lowercase", "adapter.type", "adapter.lora.alpha", "anything.else",
    ];

    /// <returns>The name of what was changed.</returns>
    public static string Apply(RawGguf raw, Random random)
    {
        var kinds = raw.Find("tokenizer.ggml.tokens") is null ? Kinds : OfModels;
        var (name, change) = kinds[random.Next(kinds.Length)];
        change(raw, random);
        return name;
    }

    /// <summary>Makes some weights of a tensor numbers that cannot be computed with.</summary>
    public static void SpoilWeights(RawGguf raw, Random random)
    {
        var tensor = raw.Tensors[random.Next(raw.Tensors.Count)];
        var odd = One(random, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 1e20f, float.Epsilon, 0);
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.Data.AsSpan());
        if (random.Next(2) == 0)
            values.Fill(odd);
        else
            values[random.Next(values.Length)] = odd;
    }

    /// <summary>Damage that a disk or a download does: bits, or a missing end.</summary>
    public static byte[] SpoilBytes(byte[] bytes, Random random)
    {
        if (random.Next(4) == 0)
            return bytes[..random.Next(bytes.Length)];
        var header = Math.Min(bytes.Length, 20_000);
        for (var i = random.Next(1, 5); i > 0; i--)
            bytes[random.Next(header)] ^= (byte)(1 << random.Next(8));
        return bytes;
    }

    private static void Header(RawGguf raw, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                raw.Magic = random.GetItems<byte>([(byte)'G', (byte)'U', (byte)'F', 0], 4);
                break;
            case 1:
                raw.Version = One(random, 0u, 1u, 2u, 4u, 0x03000000u, uint.MaxValue);
                break;
            case 2:
                raw.TensorCount = One(random, 0UL, (ulong)raw.Tensors.Count - 1, (ulong)raw.Tensors.Count + 1, 1UL << 40, ulong.MaxValue);
                break;
            default:
                raw.EntryCount = One(random, 0UL, (ulong)raw.Entries.Count - 1, (ulong)raw.Entries.Count + 1, 1UL << 40, ulong.MaxValue);
                break;
        }
    }

    private static void AnyValue(RawGguf raw, Random random) => raw.Set(AnyKey(raw, random), Any(random));

    /// <summary>Another value of the type that llama.cpp expects.</summary>
    private static void SameType(RawGguf raw, Random random)
    {
        var key = AnyKey(raw, random);
        var type = raw.Find(key) is { } entry ? (GgufValueType)BitConverter.ToUInt32(entry.Value)
            : One(random, GgufValueType.UInt32, GgufValueType.Float32, GgufValueType.Bool);
        raw.Set(key, type == GgufValueType.Array ? Any(random) : OfType(type, random));
    }

    private static void Entries(RawGguf raw, Random random)
    {
        var at = random.Next(raw.Entries.Count);
        switch (random.Next(4))
        {
            case 0:
                raw.Entries.RemoveAt(at);
                break;
            case 1:
                raw.Entries.Insert(random.Next(raw.Entries.Count), raw.Entries[at]);
                break;
            case 2:
                raw.Entries[at] = raw.Entries[at] with { Key = One(random, "", "x", "llama", new string('k', 70_000)) };
                break;
            default:
                random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(raw.Entries));
                break;
        }
    }

    private static void TensorType(RawGguf raw, Random random)
    {
        var at = random.Next(raw.Tensors.Count);
        var tensor = raw.Tensors[at];
        var id = (uint)random.Next(45);
        var elements = tensor.Dimensions.Aggregate(1UL, (a, b) => a * b);
        // As many bytes as the type has, so that only the type is odd.
        var data = GgufTensorType.Find(id) is { } type && elements % (ulong)type.BlockSize == 0
            ? new byte[(long)elements / type.BlockSize * type.BlockBytes]
            : tensor.Data;
        raw.Tensors[at] = tensor with { Type = id, Data = data };
    }

    private static void TensorShape(RawGguf raw, Random random)
    {
        var at = random.Next(raw.Tensors.Count);
        var tensor = raw.Tensors[at];
        var sizes = tensor.Dimensions.ToArray();
        var changed = random.Next(sizes.Length);
        switch (random.Next(6))
        {
            case 0:
                Array.Reverse(sizes);
                break;
            case 1:
                sizes = [.. sizes, One(random, 0UL, 1UL, 2UL)];
                break;
            case 2:
                sizes = sizes[1..];
                break;
            case 3:
                sizes = [.. sizes, 1, 1, 1, 1];
                break;
            default:
                var size = sizes[changed];
                sizes[changed] = One(random, 0UL, 1UL, size - 1, size + 1, size * 2, 1UL << 40, ulong.MaxValue);
                break;
        }
        var elements = sizes.Aggregate(1UL, (a, b) => unchecked(a * b));
        var data = elements <= 1 << 20 && random.Next(4) > 0 ? new byte[elements * 4] : tensor.Data;
        raw.Tensors[at] = tensor with { Dimensions = sizes, Data = data };
    }

    private static void Tensors(RawGguf raw, Random random)
    {
        var at = random.Next(raw.Tensors.Count);
        var tensor = raw.Tensors[at];
        switch (random.Next(6))
        {
            case 0:
                raw.Tensors.RemoveAt(at);
                break;
            case 1:
                raw.Tensors.Add(tensor);
                break;
            case 2:
                raw.Tensors.Add(tensor with
                {
                    Name = One(
                    random, "x", "blk.9.attn_q.weight", "blk.0.attn_q.bias", "blk.0.attn_q.scale", "rope_freqs.weight", "output.weight",
                    "blk.0.attn_qkv.weight", "blk.0.ffn_gate_exps.weight", "cls.output.weight", "blk.-1.attn_q.weight")
                });
                break;
            case 3:
                raw.Tensors[at] = tensor with { Name = One(random, "", tensor.Name + ".x", new string('t', 64), "output_norm.bias") };
                break;
            case 4:
                raw.Tensors[at] = tensor with { Offset = One(random, 0UL, 1UL, 32UL, 1UL << 40, ulong.MaxValue) };
                break;
            default:
                random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(raw.Tensors));
                break;
        }
    }

    private static void Alignment(RawGguf raw, Random random)
    {
        var value = One(random, 0u, 1u, 8u, 16u, 24u, 32u, 64u, 4096u, 1u << 20, 1u << 21, 1u << 31, uint.MaxValue);
        raw.Set("general.alignment", Count(value));
        if (value is > 0 and <= 1 << 20 && random.Next(4) > 0)
            raw.Alignment = (int)value;
    }

    private static string AnyKey(RawGguf raw, Random random) =>
        random.Next(2) == 0
            ? raw.Entries[random.Next(raw.Entries.Count)].Key
            : Keys[random.Next(Keys.Length)].Replace("*", ArchitectureOf(raw), StringComparison.Ordinal);

    private static string ArchitectureOf(RawGguf raw) => Encoding.UTF8.GetString(raw.Find("general.architecture")!.Value.AsSpan(12));

    public static T One<T>(Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];
}
