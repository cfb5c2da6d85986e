using SPaR.Torch.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

/// <summary>Losses against the published formulas, written out again in plain numbers.</summary>
public sealed class LossTests
{
    // Log-ratios are 1, 0, 0 and −1, 1, 0, so h of the three pairs is 2, −1 and 0.
    private static readonly double[] Chosen = [-10, -20, -30], Rejected = [-12, -18, -7];
    private static readonly double[] ReferenceChosen = [-11, -20, -30], ReferenceRejected = [-11, -19, -7];
    private static readonly double[] ChosenTokens = [4, 5, 30], RejectedTokens = [6, 9, 7];

    [Fact]
    public void Sigmoid_is_minus_log_sigma_of_beta_h() => Check(
        new() { Beta = 0.1 }, "sigmoid", Softplus(-0.2), Softplus(0.1), Math.Log(2));

    [Fact]
    public void Label_smoothing_mixes_in_the_loss_of_the_other_order() => Check(
        new() { Beta = 0.5, LabelSmoothing = 0.2 }, "sigmoid",
        0.8 * Softplus(-1) + 0.2 * Softplus(1), 0.8 * Softplus(0.5) + 0.2 * Softplus(-0.5), Math.Log(2));

    [Fact]
    public void Robust_subtracts_the_loss_of_the_other_order() => Check(
        new() { Beta = 0.5, LabelSmoothing = 0.2 }, "robust",
        (0.8 * Softplus(-1) - 0.2 * Softplus(1)) / 0.6, (0.8 * Softplus(0.5) - 0.2 * Softplus(-0.5)) / 0.6, Math.Log(2));

    [Fact]
    public void Ipo_is_the_square_of_the_distance_of_the_mean_log_ratios_from_half_of_1_over_tau() => Check(
        new() { Beta = 0.25 }, "ipo", Math.Pow(1 / 4.0 + 1 / 6.0 - 2, 2), Math.Pow(-1 / 9.0 - 2, 2), 4);

    [Fact]
    public void Hinge_is_the_distance_of_beta_h_from_1() => Check(new() { Beta = 0.75 }, "hinge", 0, 1.75, 1);

    [Fact]
    public void Apo_zero_takes_each_side_on_its_own() => Check(
        new() { Beta = 0.5 }, "apo_zero", 1 - Sigma(0.5) + Sigma(-0.5), 1 - Sigma(0) + Sigma(0.5), 1);

    [Fact]
    public void Sigmoid_norm_takes_log_ratios_per_token() => Check(
        new() { Beta = 2 }, "sigmoid_norm", Softplus(-2 * (1 / 4.0 + 1 / 6.0)), Softplus(2 / 9.0), Math.Log(2));

    [Fact]
    public void Simpo_takes_log_probabilities_per_token_less_gamma() => Check(
        new() { Beta = 2, SimpoGamma = 0.3 }, "simpo",
        Softplus(-(2 * (-2.5 + 2) - 0.3)), Softplus(-(2 * (-4 + 2) - 0.3)), Softplus(-(2 * (-1 + 1) - 0.3)));

    [Fact]
    public void Orpo_is_minus_lambda_log_sigma_of_the_log_odds_ratio() => Check(
        new() { Beta = 0.1 }, "orpo",
        0.1 * Softplus(LogOdds(-2) - LogOdds(-2.5)), 0.1 * Softplus(LogOdds(-2) - LogOdds(-4)), 0.1 * Math.Log(2));

    [Fact]
    public void Kto_measures_both_sides_from_the_reference_point() => Check(
        new() { Beta = 0.5, DesirableWeight = 1.2, UndesirableWeight = 0.8 }, "kto", kl: 0.4,
        expected:
        [
            (1.2 * (1 - Sigma(0.5 * (1 - 0.4))) + 0.8 * (1 - Sigma(0.5 * (0.4 + 1)))) / 2,
            (1.2 * (1 - Sigma(0.5 * -0.4)) + 0.8 * (1 - Sigma(0.5 * (0.4 - 1)))) / 2,
            (1.2 * (1 - Sigma(0.5 * -0.4)) + 0.8 * (1 - Sigma(0.5 * 0.4))) / 2,
        ]);

    [Fact]
    public void A_mix_is_the_weighted_sum_of_its_losses()
    {
        using var scope = NewDisposeScope();
        var options = new TrainingOptions { Beta = 0.75, LossType = ["sigmoid", "hinge"], LossWeights = [0.8, 2] };

        Values(PreferenceLosses.Of(options).Of(Pairs())).ShouldBe(
            [0.8 * Softplus(-1.5), 0.8 * Softplus(0.75) + 2 * 1.75, 0.8 * Math.Log(2) + 2], 1e-14);
        PreferenceLosses.Of(options).AtReference.ShouldBe(0.8 * Math.Log(2) + 2);
    }

    [Fact]
    public void A_mix_without_weights_counts_each_loss_once()
    {
        using var scope = NewDisposeScope();
        var mix = PreferenceLosses.Of(new() { Beta = 0.75, LossType = ["hinge", "simpo", "kto"] });

        Values(mix.Of(Pairs())).ShouldBe(
            Values(PreferenceLosses.Of(new() { Beta = 0.75, LossType = ["hinge"] }).Of(Pairs())
                + PreferenceLosses.Of(new() { Beta = 0.75, LossType = ["simpo"] }).Of(Pairs())
                + PreferenceLosses.Of(new() { Beta = 0.75, LossType = ["kto"] }).Of(Pairs())), 1e-14);
        (mix.AtReference, mix.UsesReference, mix.UsesKl).ShouldBe((null, true, true));
    }

    [Fact]
    public void Sft_averages_over_the_target_tokens_of_all_micro_batches()
    {
        using var scope = NewDisposeScope();
        var logProbs = tensor(new double[] { -2, -3, -6 }, [3]);

        SftLoss.Of(logProbs, Numbers(1, 1, 1), 3).ToDouble().ShouldBe(11.0 / 3, 1e-14);
        SftLoss.Of(logProbs, Numbers(1, 1, 1), 10).ToDouble().ShouldBe(1.1, 1e-14);
    }

    [Fact]
    public void Sft_takes_the_mean_by_weight()
    {
        using var scope = NewDisposeScope();

        SftLoss.Of(Numbers(-2, -3, -6), Numbers(0.5, 2, 1.5), 4).ToDouble().ShouldBe((1 + 6 + 9) / 4.0, 1e-14);
    }

    private static void Check(TrainingOptions options, string loss, params double[] expected) => Check(options, loss, 0, expected);

    private static void Check(TrainingOptions options, string loss, double kl, double[] expected)
    {
        using var scope = NewDisposeScope();
        Values(PreferenceLosses.Of(options with { LossType = [loss] }).Of(Pairs(kl))).ShouldBe(expected, 1e-12);
    }

    private static PairLogProbs Pairs(double kl = 0) => new(
        new(Numbers(Chosen), Numbers(ReferenceChosen), Numbers(ChosenTokens)),
        new(Numbers(Rejected), Numbers(ReferenceRejected), Numbers(RejectedTokens)), kl);

    private static double Softplus(double x) => Math.Log(1 + Math.Exp(x));

    private static double Sigma(double x) => 1 / (1 + Math.Exp(-x));

    private static double LogOdds(double logProb) => logProb - Math.Log(1 - Math.Exp(logProb));

    private static Tensor Numbers(params double[] values) => tensor(values, [values.Length]);

    private static double[] Values(Tensor tensor) => tensor.detach().data<double>().ToArray();
}
