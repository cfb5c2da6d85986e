using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.MicroWorld;
using SPaR.Torch.Models;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>Held-out rows in the training process, on the micro-world's model.</summary>
[Collection(TorchCollection.Name)]
public sealed class ValidationTests : IDisposable
{
    private const double Beta = 0.1;

    private static readonly TrainingOptions Options = new()
    {
        LearningRate = 2e-4,
        BatchSize = 8,
        MicroBatchSize = 4,
        NumTrainEpochs = 5,
        Seed = 3,
        Threads = 1,
        SaveSteps = 10,
        Beta = Beta,
        RpoAlpha = 0.1,
    };

    // Other rows than those that are trained on.
    private static readonly ImmutableArray<TrainingRow> Held = [.. MicroRows.Pairs(42).Skip(32)];

    private readonly TrainingFolders _folders = new();

    public void Dispose() => _folders.Dispose();

    [Fact]
    public void Dpo_is_evaluated_after_each_epoch_with_the_values_of_a_forward_pass_of_each_answer_alone()
    {
        var folder = Make("dpo", TrainingMethod.Dpo, Options, Held);
        Run(folder).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);

        Evaluated(steps).ShouldBe([4, 8, 12, 16, 20]);
        var (before, after) = (LogProbs(MicroModel.Path), LogProbs(Path.Combine(folder, TrainingFolder.Model)));
        var rewards = before.Zip(after, (b, a) => (
            Chosen: Beta * (a.Chosen - b.Chosen), Rejected: Beta * (a.Rejected - b.Rejected), Nll: -a.Chosen / a.Tokens)).ToArray();
        var last = steps[^1];
        TrainingFolders.Metric(last, "eval_rewards/chosen").ShouldBe(rewards.Average(r => r.Chosen), 1e-4);
        TrainingFolders.Metric(last, "eval_rewards/rejected").ShouldBe(rewards.Average(r => r.Rejected), 1e-4);
        TrainingFolders.Metric(last, "eval_rewards/margins").ShouldBe(rewards.Average(r => r.Chosen - r.Rejected), 1e-4);
        TrainingFolders.Metric(last, "eval_rewards/accuracies").ShouldBe(rewards.Average(r => r.Chosen > r.Rejected ? 1.0 : 0));
        TrainingFolders.Metric(last, "eval_nll_loss").ShouldBe(rewards.Average(r => r.Nll), 1e-4);
        TrainingFolders.Metric(last, "eval_loss").ShouldBe(
            rewards.Average(r => Math.Log(1 + Math.Exp(r.Rejected - r.Chosen)) + 0.1 * r.Nll), 1e-4);
        TrainingFolders.Metric(last, "eval_rewards/margins").ShouldBeGreaterThan(0.05, "it learns what holds for other prompts too");
        Outcome(folder).ShouldNotBeNull().Code.ShouldBe("completed");
    }

    [Fact]
    public void Sft_is_evaluated_by_token_and_the_steps_are_those_of_a_training_without_held_out_rows()
    {
        ImmutableArray<TrainingRow> held = [.. MicroRows.Conversations(42).Skip(32)];
        var options = Options with { EvalSteps = 7 };
        var folder = Make("sft", TrainingMethod.Sft, options, held);
        Run(folder).ShouldBe(TrainingEnd.Finished);
        var plain = Make("plain", TrainingMethod.Sft, Options, default);
        Run(plain).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);

        Evaluated(steps).ShouldBe([7, 14, 20], "and the last step");
        var after = LogProbs(Path.Combine(folder, TrainingFolder.Model));
        TrainingFolders.Metric(steps[^1], "eval_loss").ShouldBe(-after.Sum(a => a.Chosen) / after.Sum(a => a.Tokens), 1e-4);
        steps.Select(s => TrainingFolders.Metric(s, "loss"))
            .ShouldBe(TrainingFolders.Metrics(plain).Select(s => TrainingFolders.Metric(s, "loss")));
        Outcome(plain).ShouldBeNull();
    }

    [Theory]
    [InlineData("simpo")]
    [InlineData("kto")]
    public void Losses_without_a_reference_and_with_a_kl_are_evaluated_too(string loss)
    {
        var folder = Make(loss, TrainingMethod.Dpo, Options with { LossType = [loss], RpoAlpha = 0, NumTrainEpochs = 1 }, Held);

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var last = TrainingFolders.Metrics(folder)[^1];
        TrainingFolders.Metric(last, "eval_loss").ShouldBe(TrainingFolders.Metric(last, "eval_preference_loss"), 1e-12);
        last.ContainsKey("eval_kl").ShouldBe(loss == "kto");
    }

    [Fact]
    public void A_training_that_gets_worse_stops_early_and_gives_the_weights_of_its_best_step()
    {
        var options = Options with
        {
            LearningRate = 5e-3,
            LrSchedulerType = "constant_with_warmup",
            EvalSteps = 1,
            SaveSteps = 100,
            LoadBestModelAtEnd = true,
            EarlyStoppingPatience = 3,
            MaxGradNorm = 0,
        };
        // The worst that there is to learn: held out are the same pairs the other way round.
        var folder = Make("worse", TrainingMethod.Dpo, options, [.. Held.Select(r => r with { Chosen = r.Rejected, Rejected = r.Chosen })]);

        Run(folder).ShouldBe(TrainingEnd.Finished);

        var steps = TrainingFolders.Metrics(folder);
        steps.Length.ShouldBeLessThan(20);
        var outcome = Outcome(folder).ShouldNotBeNull();
        (outcome.Code, outcome.ModelStep).ShouldBe(("early-stopping", outcome.BestStep));
        outcome.BestStep.ShouldBe(steps.Length - 3);
        outcome.BestMetric.ShouldBe(steps.Min(s => TrainingFolders.Metric(s, "eval_loss")));
        TrainingFolders.Metric(steps[^1], "best_step").ShouldBe(outcome.BestStep);
        Tensors(Path.Combine(folder, TrainingFolder.Model)).ShouldBe(Stored(folder, outcome.BestStep), ignoreOrder: true);
        Directory.GetDirectories(Path.Combine(folder, TrainingFolder.Checkpoints)).Select(Path.GetFileName)
            .ShouldContain($"step-{outcome.BestStep:d6}");
    }

    [Fact]
    public void Two_datasets_give_rows_by_weight()
    {
        ImmutableArray<TrainingRow> rows = [.. MicroRows.Pairs(32).Select((row, i) => row with { Set = i < 8 ? 0 : 1 })];
        var folder = _folders.Make("mix", TrainingMethod.Dpo, Options with { NumTrainEpochs = 1 }, rows, weights: [3, 1]);

        Run(folder).ShouldBe(TrainingEnd.Finished);

        TrainingFolders.Metrics(folder).Length.ShouldBe(4, "an epoch has as many rows as both datasets together");
    }

    private static IEnumerable<long> Evaluated(JsonObject[] steps) =>
        steps.Where(s => s.ContainsKey("eval_loss")).Select(s => (long)s["step"]!);

    private static TrainingOutcome? Outcome(string folder) =>
        Path.Combine(folder, TrainingFolder.Outcome) is var path && File.Exists(path)
            ? JsonSerializer.Deserialize<TrainingOutcome>(File.ReadAllText(path), TrainingJson.Options)
            : null;

    /// <summary>The model's numbers by tensor.</summary>
    private static Dictionary<string, string> Tensors(string path)
    {
        using var model = LanguageModel.Load(path, "f32", null, 0);
        return model.Trainable.ToDictionary(w => w.Key, w => Hash(w.Value));
    }

    private static Dictionary<string, string> Stored(string folder, long step)
    {
        using var scope = NewDisposeScope();
        var read = new Dictionary<string, Tensor>();
        var state = JsonNode.Parse(File.ReadAllText(
            Path.Combine(folder, TrainingFolder.Checkpoints, $"step-{step:d6}", "state.json")))!;
        new Checkpoints(folder, 2).Read(step, (string)state["cursor"]!["run"]!, stored =>
            stored.Name.Split('/', 2) is ["weight", var name] ? read[name] = zeros([.. stored.Shape], stored.Type) : null);
        return read.ToDictionary(w => w.Key, w => Hash(w.Value));
    }

    private static string Hash(Tensor tensor) => Convert.ToHexString(
        SHA256.HashData(MemoryMarshal.AsBytes(tensor.data<float>().ToArray().AsSpan())));

    private static TrainingEnd Run(string folder) => Trainer.Run(folder, NullLogger.Instance, CancellationToken.None);

    /// <summary>Of the answers of <see cref="Held"/> under a model, each in a pass of its own.</summary>
    private static (double Chosen, double Rejected, int Tokens)[] LogProbs(string path)
    {
        using var model = LanguageModel.Load(path, "f32", null, 0);
        return
        [
            .. Held.Select(r => (
                Of(r.Prompt!.Value, r.Chosen!.Value), Of(r.Prompt!.Value, r.Rejected!.Value), r.Chosen!.Value.Length)),
        ];

        double Of(ImmutableArray<int> prompt, ImmutableArray<int> answer)
        {
            using var scope = NewDisposeScope();
            var batch = TokenBatch.Of([new("alone", [TokenSequence.Of(prompt, answer)])]);
            return batch.Sums(model.LogProbs(batch.Sequences)).item<double>();
        }
    }

    private string Make(string name, TrainingMethod method, TrainingOptions options, ImmutableArray<TrainingRow> heldOut) => _folders.Make(
        name, method, options, method == TrainingMethod.Dpo ? MicroRows.Pairs(32) : MicroRows.Conversations(32), heldOut: heldOut);
}
