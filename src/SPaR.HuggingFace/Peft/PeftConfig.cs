using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Peft;

/// <summary>What adapter_config.json says of a LoRA adapter (arXiv 2106.09685).</summary>
/// <param name="Alpha">llama.cpp's and PEFT's: products are scaled by alpha / rank.</param>
internal sealed record PeftConfig(int Rank, float Alpha)
{
    /// <summary>What changes the result in a way that llama.cpp's adapters cannot have, unless it has this value or is left out.</summary>
    private static readonly (string Name, string Neutral)[] Unsupported =
    [
        ("use_dora", "false"), ("bias", "\"none\""), ("modules_to_save", "[]"), ("rank_pattern", "{}"), ("alpha_pattern", "{}"),
        ("fan_in_fan_out", "false"), ("lora_bias", "false"), ("use_qalora", "false"), ("layer_replication", "[]"),
        ("alora_invocation_tokens", "[]"), ("trainable_token_indices", "[]"), ("target_parameters", "[]"), ("arrow_config", "{}"),
    ];

    /// <exception cref="ModelRejectedException"><c>unsupported-adapter</c> or <c>malformed</c>.</exception>
    public static PeftConfig Read(JsonFields config)
    {
        const string Action = "Train a plain LoRA, or merge the adapter into its base and import that.";
        if (config.Text("peft_type") != "LORA")
            throw config.Refused("peft_type", "LORA", "unsupported-adapter", Action);
        foreach (var (name, neutral) in Unsupported)
            if (config.Value(name) is { } value && JsonSerializer.Serialize(value) != neutral)
                throw config.Refused(name, neutral, "unsupported-adapter", Action);
        var rank = config.RequiredCount("r");
        var alpha = config.Real("lora_alpha") is > 0 and var given ? given : throw config.Refused("lora_alpha", "a number above 0");
        // rsLoRA scales by alpha / sqrt(rank) (arXiv 2312.03732).
        return new(rank, config.Flag("use_rslora") == true ? alpha * MathF.Sqrt(rank) : alpha);
    }

    /// <param name="targets">Names of modules, or the ends of their names.</param>
    public JsonObject Write(string baseModel, IEnumerable<string> targets) => new()
    {
        ["peft_type"] = "LORA",
        ["task_type"] = "CAUSAL_LM",
        ["base_model_name_or_path"] = baseModel,
        ["r"] = Rank,
        ["lora_alpha"] = Alpha,
        ["lora_dropout"] = 0.0,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["modules_to_save"] = null,
        ["use_dora"] = false,
        ["use_rslora"] = false,
        ["target_modules"] = new JsonArray([.. targets.Select(t => (JsonNode)t)]),
    };
}
