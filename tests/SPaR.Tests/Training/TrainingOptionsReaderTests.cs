using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Recipes;

namespace SPaR.Tests.Training;

public sealed class TrainingOptionsReaderTests
{
    [Fact]
    public void Muons_own_rate_and_the_schedule_wsd_are_taken()
    {
        var (options, errors) = Read("""{ "optim": "muon", "muon_learning_rate": 0.02, "lr_scheduler_type": "warmup_stable_decay" }""");

        errors.ShouldBeEmpty();
        options.MuonLearningRate.ShouldBe(0.02);
        options.LrSchedulerType.ShouldBe("warmup_stable_decay");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "optim": "muon", "muon_learning_rate": null }""")]
    public void Left_out_muon_has_the_learning_rate_of_the_rest(string json)
    {
        var (options, errors) = Read(json);

        errors.ShouldBeEmpty();
        options.MuonLearningRate.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{ "optim": "muon", "muon_learning_rate": 0 }""", "must be a number above 0, at most 1, not 0.")]
    [InlineData("""{ "muon_learning_rate": 0.02 }""", "belongs to the optimizer muon; set optim to it, or leave this out.")]
    public void A_rate_of_muons_that_cannot_be_used_is_refused(string json, string message) =>
        Read(json).Errors.ShouldBe([new("options.muon_learning_rate", message)]);

    [Theory]
    [InlineData("num_epochs", "use num_train_epochs")]
    [InlineData("per_device_train_batch_size", "set batch_size (rows per optimiser step) and micro_batch_size")]
    [InlineData("cutoff_len", "use max_length")]
    [InlineData("logging_steps", "leave it out")]
    [InlineData("lora_r", "use lora.r")]
    public void The_name_that_another_trainer_has_for_an_option_is_answered_with_ours(string name, string ours)
    {
        var error = Read($$"""{ "{{name}}": 1 }""").Errors.ShouldHaveSingleItem();

        error.Field.ShouldBe($"options.{name}");
        error.Message.ShouldContain(ours);
    }

    [Fact]
    public void A_matrix_by_its_name_in_PEFT_is_answered_with_ours()
    {
        var error = Read("""{ "lora": { "target_modules": ["q_proj"] } }""").Errors.ShouldHaveSingleItem();

        error.Field.ShouldBe("options.lora.target_modules");
        error.Message.ShouldContain("attn_q here");
    }

    [Theory]
    [InlineData("""{ "val_size": 0.1, "eval_steps": 5, "load_best_model_at_end": true, "early_stopping_patience": 2 }""")]
    [InlineData("""{ "val_size": 0.1, "load_best_model_at_end": true, "metric_for_best_model": "eval_rewards/margins" }""")]
    [InlineData("""{ "val_size": 0.1, "early_stopping_patience": 1, "early_stopping_threshold": 0.01 }""")]
    public void Held_out_rows_decide_what_the_best_model_is_and_when_to_stop(string json) => Read(json).Errors.ShouldBeEmpty();

    [Theory]
    [InlineData("""{ "val_size": 1 }""", "val_size")]
    [InlineData("""{ "eval_steps": 5 }""", "eval_steps")]
    [InlineData("""{ "early_stopping_patience": 2 }""", "early_stopping_patience")]
    [InlineData("""{ "load_best_model_at_end": true }""", "load_best_model_at_end")]
    [InlineData("""{ "metric_for_best_model": "eval_rewards/margins" }""", "metric_for_best_model")]
    [InlineData("""{ "val_size": 0.1, "metric_for_best_model": "eval_rewards/margins" }""", "metric_for_best_model")]
    [InlineData("""{ "val_size": 0.1, "early_stopping_threshold": 0.1 }""", "early_stopping_threshold")]
    public void What_has_no_held_out_rows_to_work_on_is_refused_by_field(string json, string field) =>
        Read(json).Errors.ShouldHaveSingleItem().Field.ShouldBe($"options.{field}");

    [Fact]
    public void Sft_has_no_metric_of_rewards() =>
        Read("""{ "val_size": 0.1, "load_best_model_at_end": true, "metric_for_best_model": "eval_rewards/margins" }""", TrainingMethod.Sft)
            .Errors.ShouldHaveSingleItem().Field.ShouldBe("options.metric_for_best_model");

    [Theory]
    [InlineData("""{ "lora": {} }""", TrainingMethod.Dpo, 5e-6)]
    [InlineData("""{ "lora": {} }""", TrainingMethod.Sft, 1e-4)]
    [InlineData("""{ "lora": {}, "learning_rate": 3e-6 }""", TrainingMethod.Dpo, 3e-6)]
    [InlineData("{}", TrainingMethod.Dpo, 2e-7)]
    public void An_adapter_has_a_learning_rate_of_its_own(string json, TrainingMethod method, double rate) =>
        Read(json, method).Options.LearningRate.ShouldBe(rate);

    [Theory]
    [InlineData("""{ "lora": {} }""", null)]
    [InlineData("""{ "lora": { "target_modules": null } }""", null)]
    [InlineData("""{ "lora": { "target_modules": ["attn_qkv", "ffn_up"] } }""", "attn_qkv ffn_up")]
    public void An_adapter_changes_every_matrix_unless_some_are_named(string json, string? targets)
    {
        var (options, errors) = Read(json);

        errors.ShouldBeEmpty();
        options.Lora!.TargetModules?.ShouldBe(targets!.Split(' '));
        (options.Lora.TargetModules is null).ShouldBe(targets is null);
    }

    [Theory]
    [InlineData("""{ "loss_type": "ipo" }""")]
    [InlineData("""{ "loss_type": ["ipo"] }""")]
    public void A_loss_is_a_name_or_a_list_of_names(string json)
    {
        var (options, errors) = Read(json);

        errors.ShouldBeEmpty();
        options.LossType.ShouldBe(["ipo"]);
    }

    [Fact]
    public void A_mix_has_a_weight_for_each_loss()
    {
        var (options, errors) = Read("""{ "loss_type": ["sigmoid", "kto"], "loss_weights": [0.8, 2], "desirable_weight": 1.3 }""");

        errors.ShouldBeEmpty();
        options.LossType.ShouldBe(["sigmoid", "kto"]);
        options.LossWeights.ShouldBe([0.8, 2]);
    }

    [Theory]
    [InlineData("""{}""", 0.1)]
    [InlineData("""{ "loss_type": "sigmoid" }""", 0.1)]
    [InlineData("""{ "loss_type": "simpo" }""", 0)]
    [InlineData("""{ "loss_type": "orpo" }""", 1)]
    [InlineData("""{ "loss_type": "orpo", "rpo_alpha": 0.5 }""", 0.5)]
    public void Each_loss_has_the_sft_weight_of_its_paper(string json, double weight) => Read(json).Options.RpoAlpha.ShouldBe(weight);

    [Theory]
    [InlineData("""{ "loss_type": "dpo" }""", "loss_type")]
    [InlineData("""{ "loss_type": ["sigmoid", "dpo"] }""", "loss_type")]
    [InlineData("""{ "loss_type": [] }""", "loss_type")]
    [InlineData("""{ "loss_type": 1 }""", "loss_type")]
    [InlineData("""{ "loss_type": ["ipo", "ipo"] }""", "loss_type")]
    [InlineData("""{ "loss_type": "ipo", "label_smoothing": 0.1 }""", "label_smoothing")]
    [InlineData("""{ "simpo_gamma": 0.2 }""", "simpo_gamma")]
    [InlineData("""{ "loss_type": "hinge", "undesirable_weight": 2 }""", "undesirable_weight")]
    [InlineData("""{ "loss_type": ["ipo", "hinge"], "loss_weights": [1] }""", "loss_weights")]
    [InlineData("""{ "loss_weights": [0] }""", "loss_weights")]
    [InlineData("""{ "loss_weights": 1 }""", "loss_weights")]
    public void A_loss_that_cannot_be_used_as_asked_is_refused_by_field(string json, string field) =>
        Read(json).Errors.ShouldHaveSingleItem().Field.ShouldBe($"options.{field}");

    [Fact]
    public void Sft_has_no_preference_loss() =>
        Read("""{ "loss_type": "ipo" }""", TrainingMethod.Sft).Errors.ShouldHaveSingleItem().Field.ShouldBe("options.loss_type");

    [Fact]
    public void Resolved_options_can_be_sent_back()
    {
        var options = Read("""{ "loss_type": "simpo", "simpo_gamma": 1.5, "lora": {} }""").Options;

        var (again, errors) = Read(JsonSerializer.Serialize(options, RecipeJson.Options));

        errors.ShouldBeEmpty();
        JsonSerializer.Serialize(again, RecipeJson.Options).ShouldBe(JsonSerializer.Serialize(options, RecipeJson.Options));
    }

    private static (TrainingOptions Options, List<FieldError> Errors) Read(string json, TrainingMethod method = TrainingMethod.Dpo)
    {
        var errors = new List<FieldError>();
        return (TrainingOptionsReader.Read(JsonDocument.Parse(json).RootElement, method, 1, errors), errors);
    }
}
