namespace SPaR.Service.Recipes;

/// <summary>Options of other trainers that have another name or another meaning here, and what to do instead: of TRL and Transformers,
/// PEFT, and LLaMA-Factory. Completes "is unknown here; …".</summary>
internal static class TrlNames
{
    private const string BothSizes = "set batch_size (rows per optimiser step) and micro_batch_size (rows per pass)",
        OneType = "weights are F32, or BF16 with bf16; leave it out",
        EachStep = "every step has its metrics; leave it out",
        TopLevel = "give it next to options, as seed of the training run";

    public static IReadOnlyDictionary<string, string> Options { get; } = new Dictionary<string, string>
    {
        ["per_device_train_batch_size"] = BothSizes,
        ["gradient_accumulation_steps"] = BothSizes,
        ["micro_batch"] = "use micro_batch_size",
        ["per_device_eval_batch_size"] = "evaluations take micro_batch_size rows per pass too",
        ["num_epochs"] = "use num_train_epochs",
        ["max_steps"] = "use num_train_epochs",
        ["lr"] = "use learning_rate",
        ["warmup_steps"] = "use warmup_ratio, a share of the steps",
        ["max_seq_length"] = "use max_length",
        ["cutoff_len"] = "use max_length",
        ["max_prompt_length"] = "use max_length; longer rows are dropped, none is cut",
        ["max_completion_length"] = "use max_length; longer rows are dropped, none is cut",
        ["truncation_mode"] = "longer rows than max_length are dropped, none is cut; leave it out",
        ["adam_epsilon"] = "it is 1e-8; leave it out",
        ["pref_beta"] = "use beta",
        ["pref_ftx"] = "use rpo_alpha",
        ["cpo_alpha"] = "use rpo_alpha",
        ["pref_loss"] = "use loss_type",
        ["dpo_label_smoothing"] = "use label_smoothing",
        ["gamma_beta_ratio"] = "use simpo_gamma, which is the ratio times beta",
        ["kto_chosen_weight"] = "use desirable_weight",
        ["kto_rejected_weight"] = "use undesirable_weight",
        ["precompute_ref_log_probs"] = "they always are; leave it out",
        ["fp16"] = OneType,
        ["tf32"] = OneType,
        ["packing"] = "rows are never packed; leave it out",
        ["assistant_only_loss"] = "only the assistant's messages count; leave it out",
        ["completion_only_loss"] = "only the assistant's messages count; leave it out",
        ["eval_strategy"] = "set eval_steps, or leave it out for the end of each epoch",
        ["evaluation_strategy"] = "set eval_steps, or leave it out for the end of each epoch",
        ["save_strategy"] = "set save_steps",
        ["logging_steps"] = EachStep,
        ["logging_strategy"] = EachStep,
        ["greater_is_better"] = "it follows from metric_for_best_model; leave it out",
        ["seed"] = TopLevel,
        ["data_seed"] = TopLevel,
        ["peft_config"] = "use lora, an object",
        ["use_peft"] = "use lora, an object",
        ["r"] = "use lora.r",
        ["lora_r"] = "use lora.r",
        ["lora_rank"] = "use lora.r",
        ["lora_alpha"] = "use lora.lora_alpha",
        ["lora_dropout"] = "use lora.lora_dropout",
        ["lora_target"] = "use lora.target_modules",
        ["lora_target_modules"] = "use lora.target_modules",
        ["target_modules"] = "use lora.target_modules",
    };

    /// <summary>The same inside of <c>lora</c>.</summary>
    public static IReadOnlyDictionary<string, string> Lora { get; } = new Dictionary<string, string>
    {
        ["rank"] = "use r",
        ["alpha"] = "use lora_alpha",
        ["dropout"] = "use lora_dropout",
        ["lora_target"] = "use target_modules",
        ["task_type"] = "it is always causal language modelling; leave it out",
        ["bias"] = "biases are not trained with an adapter; leave it out",
    };

    /// <summary>What PEFT calls the matrices in models of Llama's shape.</summary>
    public static IReadOnlyDictionary<string, string> Modules { get; } = new Dictionary<string, string>
    {
        ["q_proj"] = "attn_q",
        ["k_proj"] = "attn_k",
        ["v_proj"] = "attn_v",
        ["qkv_proj"] = "attn_qkv",
        ["o_proj"] = "attn_output",
        ["gate_proj"] = "ffn_gate",
        ["up_proj"] = "ffn_up",
        ["down_proj"] = "ffn_down",
    };
}
