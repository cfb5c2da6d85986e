using System.Collections.Immutable;
using SPaR.Torch;
using SPaR.Torch.Losses;
using SPaR.Torch.Models;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

/// <summary>The gradient of a batch in float64, on a model that is a table: log p(next | this token).</summary>
public sealed class StepRunnerTests
{
    private const int Vocabulary = 10;

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(false, 1, 1)]
    [InlineData(true, 4, 3)]
    [InlineData(false, 8, 2)]
    public void Micro_batches_and_workers_give_what_one_micro_batch_of_eight_gives(bool dpo, int microBatch, int workers)
    {
        using var scope = NewDisposeScope();
        var rows = dpo ? Rows.Pairs(8) :
            [.. Enumerable.Range(0, 8).Select(i => Rows.Conversation($"c{i}", [1, i], [.. Enumerable.Range(0, i + 1)]))];
        var (one, oneMetrics) = Gradient(rows, 8, dpo);
        var (eight, eightMetrics) = Gradient(rows, microBatch, dpo, workers);

        eight.ShouldBe(one, 1e-10);
        one.ShouldContain(g => Math.Abs(g) > 1e-3);
        foreach (var (name, value) in oneMetrics)
            eightMetrics[name].ShouldBe(value, 1e-10, name);
    }

    [Fact]
    public void A_row_that_gives_nan_is_named()
    {
        using var scope = NewDisposeScope();
        // Token 9 follows token 8 with a log-probability that is not a number.
        var table = Table();
        table.narrow(0, 8, 1).narrow(1, 9, 1).mul_(double.NaN);
        var rows = ImmutableArray.Create(
            Rows.Conversation("good", [1], [2, 3]), Rows.Conversation("bad", [1], [8, 9]), Rows.Conversation("fine", [1], [4, 5]));

        var failure = Should.Throw<TrainingFailureException>(() => Run(table, new SftObjective(), rows, 8, 17));

        failure.Code.ShouldBe("not-finite");
        failure.Row.ShouldBe("bad");
        failure.Message.ShouldContain("step 17");
    }

    [Fact]
    public void Where_every_row_gives_nan_the_weights_are_blamed()
    {
        using var scope = NewDisposeScope();
        var table = Table();
        table.mul_(double.NaN);

        Should.Throw<TrainingFailureException>(() => Run(table, new SftObjective(), [Rows.Conversation("a", [1], [2])], 8, 1))
            .Message.ShouldContain("the weights are damaged");
    }

    [Fact]
    public void Metrics_have_trl_names()
    {
        using var scope = NewDisposeScope();

        Gradient(Rows.Pairs(3), 2, dpo: true).Metrics.Keys.Order(StringComparer.Ordinal).ShouldBe([
            "grad_norm", "logps/chosen", "logps/rejected", "loss", "nll_loss",
            "preference_loss", "rewards/accuracies", "rewards/chosen", "rewards/margins", "rewards/rejected"]);
    }

    [Fact]
    public void Without_a_reference_the_reward_is_beta_times_the_log_probability_per_token()
    {
        using var scope = NewDisposeScope();
        var (rows, loss) = (Rows.Pairs(1), new SimpoLoss(2, 0.5));

        var metrics = Run(Table(), new PreferenceObjective(loss, 2, 0.2, null), rows, 8, 1).Metrics;

        metrics["rewards/chosen"].ShouldBe(2 * metrics["logps/chosen"] / rows[0].Sides[0].TargetCount, 1e-12);
        metrics["rewards/rejected"].ShouldBe(2 * metrics["logps/rejected"] / rows[0].Sides[1].TargetCount, 1e-12);
        metrics["loss"].ShouldBe(metrics["preference_loss"] + 0.2 * metrics["nll_loss"], 1e-12);
    }

    [Fact]
    public void Kto_takes_one_reference_point_per_step()
    {
        using var scope = NewDisposeScope();
        var asked = new List<int>();
        var objective = new PreferenceObjective(new KtoLoss(0.5, 1, 1), 0.5, 0, row => new(-row.Length, -row.Length), batch =>
        {
            asked.Add(batch.Length);
            return 0.25;
        });

        Run(Table(), objective, Rows.Pairs(8), 2, 1, 2).Metrics["kl"].ShouldBe(0.25, 1e-12);
        asked.ShouldBe([8]);
    }

    private static (double[] Gradient, Dictionary<string, double> Metrics) Gradient(
        ImmutableArray<Example> rows, int microBatch, bool dpo, int workers = 1)
    {
        IObjective objective = dpo
            ? new PreferenceObjective(new SigmoidLoss(0.5, 0.1), 0.5, 0.2, row => new ReferencePair(-row.Length, -row.Length - 0.5))
            : new SftObjective();
        return Run(Table(), objective, rows, microBatch, 1, workers);
    }

    private static (double[] Gradient, Dictionary<string, double> Metrics) Run(
        Tensor table, IObjective objective, ImmutableArray<Example> rows, int microBatch, long step, int count = 1)
    {
        using var workers = new Workers(count);
        using var runner = new StepRunner(new Dictionary<string, Tensor> { ["table"] = table }, objective,
            (sequences, loss, gradients, _) =>
            {
                var leaf = table.detach().requires_grad_();
                loss(LogProbs(leaf, sequences)).backward();
                gradients.Add("table", leaf.grad!);
            }, workers);
        var metrics = runner.Run(rows, microBatch, step, 0);
        return (runner.Gradients.Of("table")!.data<double>().ToArray(), metrics);
    }

    private static Tensor Table() => tensor(
        Enumerable.Range(0, Vocabulary * Vocabulary).Select(i => Math.Sin(i * i)).ToArray(), [Vocabulary, Vocabulary]);

    private static Tensor LogProbs(Tensor table, PackedSequences sequences)
    {
        var sources = sequences.Tokens.reshape(-1).index_select(0, sequences.Sources);
        var logits = table.index_select(0, sources); // [n, vocabulary]
        return logits.gather(1, sequences.Targets.unsqueeze(1)).squeeze(1) - logsumexp(logits, 1);
    }
}
