using SPaR.Torch.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

/// <summary>Losses against numbers computed by hand, in double.</summary>
public sealed class LossTests
{
    // Of three pairs, h is 2, −1 and 0.
    private static readonly double[] Chosen = [-10, -20, -30], Rejected = [-12, -18, -7];
    private static readonly double[] ReferenceChosen = [-11, -20, -30], ReferenceRejected = [-11, -19, -7];
    private static readonly double[] Nll = [2.5, 4, 1];

    [Fact]
    public void Dpo_is_minus_log_sigma_of_beta_h_plus_the_weighted_nll()
    {
        using var scope = NewDisposeScope();
        var terms = Terms(new DpoLoss(0.1, 0, 0.3));

        Values(terms.Loss).ShouldBe([Softplus(-0.2) + 0.75, Softplus(0.1) + 1.2, Math.Log(2) + 0.3], 1e-14);
        Values(terms.Preference).ShouldBe([Softplus(-0.2), Softplus(0.1), Math.Log(2)], 1e-14);
        Values(terms.RewardChosen).ShouldBe([0.1, 0, 0], 1e-14);
        Values(terms.RewardRejected).ShouldBe([-0.1, 0.1, 0], 1e-14);
    }

    [Fact]
    public void Label_smoothing_mixes_in_the_loss_of_the_other_order()
    {
        using var scope = NewDisposeScope();

        Values(Terms(new DpoLoss(0.5, 0.2, 0)).Loss).ShouldBe(
            [0.8 * Softplus(-1) + 0.2 * Softplus(1), 0.8 * Softplus(0.5) + 0.2 * Softplus(-0.5), Math.Log(2)], 1e-14);
    }

    [Fact]
    public void The_gradient_of_dpo_is_right_also_where_the_run_starts()
    {
        using var scope = NewDisposeScope();
        var chosen = Numbers(Chosen).requires_grad_();
        new DpoLoss(0.1, 0, 0).Of(chosen, Numbers(Rejected), Numbers(ReferenceChosen), Numbers(ReferenceRejected), Numbers(Nll))
            .Loss.sum().backward();

        // −β σ(−βh)
        Values(chosen.grad!).ShouldBe([-0.1 / (1 + Math.Exp(0.2)), -0.1 / (1 + Math.Exp(-0.1)), -0.05], 1e-14);
    }

    [Theory]
    [InlineData(1e4)]
    [InlineData(-1e4)]
    public void Dpo_does_not_overflow(double h)
    {
        using var scope = NewDisposeScope();
        var chosen = Numbers(h).requires_grad_();
        var loss = new DpoLoss(1, 0, 0).Of(chosen, Numbers(0), Numbers(0), Numbers(0), Numbers(0)).Loss;
        loss.sum().backward();

        Values(loss).ShouldBe([Math.Max(0, -h)], 1e-12);
        Values(chosen.grad!).ShouldBe([h > 0 ? 0 : -1], 1e-12);
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

    private static DpoTerms Terms(DpoLoss loss) =>
        loss.Of(Numbers(Chosen), Numbers(Rejected), Numbers(ReferenceChosen), Numbers(ReferenceRejected), Numbers(Nll));

    private static double Softplus(double x) => Math.Log(1 + Math.Exp(x));

    private static Tensor Numbers(params double[] values) => tensor(values, [values.Length]);

    private static double[] Values(Tensor tensor) => tensor.detach().data<double>().ToArray();
}
