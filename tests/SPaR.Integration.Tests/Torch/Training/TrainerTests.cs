using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Torch.Losses;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>The whole training process on the micro-world's model.</summary>
[Collection(TorchCollection.Name)]
public sealed class TrainerTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    { LearningRate = 2e-4, BatchSize = 8, MicroBatchSize = 4, NumTrainEpochs = 5, Seed = 3, Threads = 1, SaveSteps = 10 };

    private readonly TrainingFolders _folders = new();

    public void Dispose() => _folders.Dispose();

    [Theory]
    [InlineData("adamw_torch", 2e-4)]
    [InlineData("adamw_8bit", 2e-4)]
    [InlineData("muon", 2e-3)]
    public void Dpo_raises_margin_and_accuracy_on_its_pairs(string optimiser, double rate)
    {
        var options = Options with { Optim = optimiser, LearningRate = rate };
        var folder = _folders.Make("dpo", TrainingMethod.Dpo, options, MicroRows.Pairs(32));

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);
        steps.Select(s => (long)s["step"]!).ShouldBe(Enumerable.Range(1, 20).Select(i => (long)i));
        TrainingFolders.Metric(steps[0], "rewards/margins").ShouldBe(0, 1e-3);
        Last(steps, "rewards/margins").ShouldBeGreaterThan(0.2);
        Last(steps, "rewards/accuracies").ShouldBeGreaterThan(0.85);
        Last(steps, "loss").ShouldBeLessThan(TrainingFolders.Metric(steps[0], "loss"));
        steps[^1].Select(f => f.Key).Order(StringComparer.Ordinal).ShouldBe([
            "epoch", "grad_norm", "learning_rate", "logps/chosen", "logps/rejected", "loss", "memory/planned", "memory/used",
            "nll_loss", "num_tokens", "preference_loss", "rewards/accuracies", "rewards/chosen", "rewards/margins", "rewards/rejected",
            "step", "tokens_per_second", "total_steps"]);
        TrainingFolders.Metric(steps[0], "preference_loss").ShouldBe(Math.Log(2), 1e-3);
        TrainingFolders.Metric(steps[^1], "epoch").ShouldBe(5);
        File.Exists(Path.Combine(folder, TrainingFolder.Model)).ShouldBeTrue();
        Run(folder).ShouldBe(TrainingEnd.Finished, "a finished run stays finished");
    }

    public static TheoryData<string> Losses => [.. PreferenceLosses.All.Keys];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Every_loss_raises_the_margin(string loss)
    {
        var options = Options with { LossType = [loss], RpoAlpha = 0 };
        var folder = _folders.Make(loss, TrainingMethod.Dpo, options, MicroRows.Pairs(32));

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);
        // The first epoch has the rate's warm-up.
        (Last(steps, "rewards/margins") - steps.Take(4).Average(s => TrainingFolders.Metric(s, "rewards/margins"))).ShouldBeGreaterThan(0);
        Last(steps, "preference_loss").ShouldBeLessThan(steps.Take(4).Average(s => TrainingFolders.Metric(s, "preference_loss")));
        File.Exists(Path.Combine(folder, ReferenceLogProbs.FileName)).ShouldBe(loss is not ("simpo" or "orpo"));
        steps[^1].ContainsKey("kl").ShouldBe(loss == "kto");
    }

    [Fact]
    public void A_mix_of_losses_trains()
    {
        var options = Options with { LossType = ["sigmoid", "simpo"], LossWeights = [0.8, 0.5] };
        var folder = _folders.Make("mix", TrainingMethod.Dpo, options, MicroRows.Pairs(32));

        Run(folder).ShouldBe(TrainingEnd.Finished);

        Last(TrainingFolders.Metrics(folder), "rewards/margins").ShouldBeGreaterThan(0.05);
    }

    [Fact]
    public void Sft_lowers_the_nll_of_the_assistants_tokens()
    {
        var folder = _folders.Make("sft", TrainingMethod.Sft, Options, MicroRows.Conversations(32));

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);
        Last(steps, "nll_loss").ShouldBeLessThan(TrainingFolders.Metric(steps[0], "nll_loss") - 0.1);
    }

    [Fact]
    public void A_state_of_8_bits_lowers_the_loss_as_a_whole_one_does()
    {
        var loss = new[] { "adamw_torch", "adamw_8bit" }.ToDictionary(optimiser => optimiser, optimiser =>
        {
            var folder = _folders.Make(optimiser, TrainingMethod.Sft, Options with { Optim = optimiser }, MicroRows.Conversations(32));
            Run(folder).ShouldBe(TrainingEnd.Finished);
            var steps = TrainingFolders.Metrics(folder);
            return (First: TrainingFolders.Metric(steps[0], "loss"), Last: Last(steps, "loss"));
        });

        loss["adamw_8bit"].First.ShouldBe(loss["adamw_torch"].First);
        loss["adamw_8bit"].Last.ShouldBeLessThan(loss["adamw_8bit"].First - 0.1);
        loss["adamw_8bit"].Last.ShouldBe(loss["adamw_torch"].Last, 0.05 * (loss["adamw_torch"].First - loss["adamw_torch"].Last));
    }

    [Fact]
    public void An_adapter_learns_against_the_base_without_it()
    {
        var lora = new LoraOptions { R = 4, Merge = true };
        var folder = _folders.Make("lora", TrainingMethod.Dpo, Options with { Lora = lora, LearningRate = 2e-3 }, MicroRows.Pairs(32));

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);
        TrainingFolders.Metric(steps[0], "rewards/margins").ShouldBe(0, 1e-3);
        Last(steps, "rewards/margins").ShouldBeGreaterThan(0.1);
        File.Exists(Path.Combine(folder, TrainingFolder.Adapter)).ShouldBeTrue();
        File.Exists(Path.Combine(folder, TrainingFolder.Model)).ShouldBeTrue();
    }

    [Fact]
    public void Rows_that_are_left_out_are_listed()
    {
        var rows = MicroRows.Pairs(8);
        var same = rows[3] with { Id = "same", Rejected = rows[3].Chosen };
        var folder = _folders.Make("dropped", TrainingMethod.Dpo, Options with { NumTrainEpochs = 1 }, [.. rows, same]);

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var dropped = File.ReadAllLines(Path.Combine(folder, DroppedRow.FileName)).ShouldHaveSingleItem();
        JsonNode.Parse(dropped)!["row"]!.ToString().ShouldBe("same");
        JsonNode.Parse(dropped)!["reason"]!.ToString().ShouldBe("identical");
        TrainingFolders.Metrics(folder).Length.ShouldBe(1);
    }

    [Fact]
    public void A_reference_of_another_model_is_detected_before_the_first_step()
    {
        var folder = _folders.Make("reference", TrainingMethod.Dpo, Options with { NumTrainEpochs = 1 }, MicroRows.Pairs(8));
        Run(folder).ShouldBe(TrainingEnd.Finished);
        File.Delete(Path.Combine(folder, TrainingFolder.Model));
        Directory.Delete(Path.Combine(folder, TrainingFolder.Checkpoints), recursive: true);
        var reference = Path.Combine(folder, ReferenceLogProbs.FileName);
        var lines = File.ReadAllLines(reference).Select(l => JsonNode.Parse(l)!).ToArray();
        lines[2]["chosen"] = (double)lines[2]["chosen"]! + 1;
        File.WriteAllLines(reference, lines.Select(l => l.ToJsonString()));

        Run(folder).ShouldBe(TrainingEnd.Failed);

        var failure = TrainingFolders.Failure(folder);
        failure["code"]!.ToString().ShouldBe("step-zero");
        failure["message"]!.ToString().ShouldContain("reference.ndjson");
        failure["row"]!.ToString().ShouldStartWith("pair_");
    }

    [Fact]
    public void A_learning_rate_that_blows_up_ends_with_a_diagnosis()
    {
        var folder = _folders.Make("blown", TrainingMethod.Dpo,
            Options with { LearningRate = 1, MaxGradNorm = 0, NumTrainEpochs = 20, WarmupRatio = 0 }, MicroRows.Pairs(16));

        Run(folder).ShouldBe(TrainingEnd.Failed);

        var failure = TrainingFolders.Failure(folder);
        failure["code"]!.ToString().ShouldBeOneOf("not-finite", "chosen-collapse");
        failure["message"]!.ToString().ShouldContain("learning_rate");
    }

    [Fact]
    public void A_learning_rate_too_small_for_the_weights_ends_with_a_diagnosis()
    {
        var folder = _folders.Make("stuck", TrainingMethod.Dpo,
            Options with { LearningRate = 1e-14, BatchSize = 1, NumTrainEpochs = 70 }, MicroRows.Pairs(1));

        Run(folder).ShouldBe(TrainingEnd.Failed);

        TrainingFolders.Failure(folder)["code"]!.ToString().ShouldBe("rewards-stuck");
    }

    [Theory]
    [InlineData(TrainingMethod.Dpo)]
    [InlineData(TrainingMethod.Sft)]
    public void A_run_of_200_steps_leaves_no_tensor_behind(TrainingMethod method)
    {
        var options = Options with { BatchSize = 4, NumTrainEpochs = 100, SaveSteps = 1000 };
        var rows = method == TrainingMethod.Dpo ? MicroRows.Pairs(8) : MicroRows.Conversations(8);
        var folder = _folders.Make("leak", method, options, rows);
        var before = Tensor.TotalCount;

        Run(folder).ShouldBe(TrainingEnd.Finished);

        TrainingFolders.Metrics(folder).Length.ShouldBe(200);
        Tensor.TotalCount.ShouldBe(before);
    }

    private static TrainingEnd Run(string folder) => Trainer.Run(folder, NullLogger.Instance, CancellationToken.None);

    /// <summary>The mean over the last four steps, which are an epoch.</summary>
    private static double Last(JsonObject[] steps, string name) => steps.TakeLast(4).Average(s => TrainingFolders.Metric(s, name));
}
