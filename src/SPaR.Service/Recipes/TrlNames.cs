namespace SPaR.Service.Recipes;

/// <summary>What other trainers call the options of a training: TRL and Transformers, PEFT, LLaMA-Factory.</summary>
internal static class TrlNames
{
    public static IReadOnlyDictionary<string, string> Options { get; } = new Dictionary<string, string>
    {
        ["num_train_epochs"] = "epochs",
        ["num_epochs"] = "epochs",
        ["per_device_train_batch_size"] = "batch (rows per step) and micro_batch (rows per pass)",
        ["gradient_accumulation_steps"] = "batch (rows per step) and micro_batch (rows per pass)",
        ["batch_size"] = "batch",
        ["lr"] = "learning_rate",
        ["lr_scheduler_type"] = "schedule",
        ["warmup_ratio"] = "warmup",
        ["warmup_steps"] = "warmup, a share of the steps",
        ["max_length"] = "cutoff",
        ["max_seq_length"] = "cutoff",
        ["cutoff_len"] = "cutoff",
        ["optim"] = "optimizer",
        ["adam_beta1"] = "beta1",
        ["adam_beta2"] = "beta2",
        ["pref_beta"] = "beta",
        ["rpo_alpha"] = "sft_weight",
        ["pref_ftx"] = "sft_weight",
        ["cpo_alpha"] = "sft_weight",
        ["pref_loss"] = "loss_type",
        ["dpo_label_smoothing"] = "label_smoothing",
        ["gamma_beta_ratio"] = "simpo_gamma, which is the ratio times beta",
        ["kto_chosen_weight"] = "desirable_weight",
        ["kto_rejected_weight"] = "undesirable_weight",
        ["bf16"] = "precision: bf16",
        ["save_steps"] = "checkpoint_every",
        ["peft_config"] = "lora",
        ["use_peft"] = "lora",
        ["r"] = "lora.rank",
        ["lora_r"] = "lora.rank",
        ["lora_rank"] = "lora.rank",
        ["lora_alpha"] = "lora.alpha",
        ["lora_dropout"] = "lora.dropout",
        ["lora_target"] = "lora.targets",
        ["lora_target_modules"] = "lora.targets",
        ["target_modules"] = "targets",
    };
}
