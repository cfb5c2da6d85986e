using System.ComponentModel.DataAnnotations;
using System.Reflection;
using SPaR.Torch.Losses;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

/// <summary>What every preference loss promises.</summary>
public sealed class PreferenceLossCompliance
{
    private const int Count = 6;

    public static TheoryData<string> Losses => [.. PreferenceLosses.All.Keys];

    [Fact]
    public void Every_loss_can_be_asked_for_under_its_name() =>
        typeof(TrainingOptions).GetProperty(nameof(TrainingOptions.LossType))!.GetCustomAttribute<AllowedValuesAttribute>()!.Values
            .Cast<string>().ShouldBe(PreferenceLosses.All.Keys);

    [Theory]
    [MemberData(nameof(Losses))]
    public void It_has_the_value_that_it_states_while_policy_and_reference_are_one(string name)
    {
        using var scope = NewDisposeScope();
        var loss = Loss(name);
        if (loss.AtReference is { } stated)
            Values(loss.Of(Pairs(Numbers(LogProbs(1)), Numbers(LogProbs(2)), kl: 0, LogProbs(1), LogProbs(2))))
                .ShouldBe(Enumerable.Repeat(stated, Count), 1e-12);
        else
            Should.NotThrow(() => loss.Of(new(
                new(Numbers(LogProbs(1)), null, Numbers(Tokens(1))), new(Numbers(LogProbs(2)), null, Numbers(Tokens(2))))));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Its_gradient_is_that_of_finite_differences(string name)
    {
        const double Step = 1e-5;
        using var scope = NewDisposeScope();
        var loss = Loss(name);
        var (chosen, rejected) = (Numbers(LogProbs(1)).requires_grad_(), Numbers(LogProbs(2)).requires_grad_());
        loss.Of(Pairs(chosen, rejected)).sum().backward();

        Values(chosen.grad!).ShouldBe(Differences(d => Pairs(Numbers(LogProbs(1)) + d, Numbers(LogProbs(2)))), 1e-6);
        Values(rejected.grad!).ShouldBe(Differences(d => Pairs(Numbers(LogProbs(1)), Numbers(LogProbs(2)) + d)), 1e-6);

        double[] Differences(Func<double, PairLogProbs> at) => Values((loss.Of(at(Step)) - loss.Of(at(-Step))) / (2 * Step));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_first_step_raises_the_chosen_side_and_lowers_the_rejected_one(string name)
    {
        using var scope = NewDisposeScope();
        var (chosen, rejected) = (Numbers(LogProbs(1)).requires_grad_(), Numbers(LogProbs(2)).requires_grad_());
        Loss(name).Of(Pairs(chosen, rejected, kl: 0, LogProbs(1), LogProbs(2))).sum().backward();

        Values(chosen.grad!).ShouldAllBe(g => g < 0);
        Values(rejected.grad!).ShouldAllBe(g => g > 0);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void It_is_finite_however_far_the_sides_are_apart(string name)
    {
        using var scope = NewDisposeScope();
        foreach (var (c, r) in new[] { (0.0, -1e5), (-1e5, 0.0), (-1e5, -1e5), (0.0, 0.0) })
        {
            var (chosen, rejected) = (full(Count, c, ScalarType.Float64), full(Count, r, ScalarType.Float64));
            var loss = Loss(name).Of(Pairs(chosen.requires_grad_(), rejected.requires_grad_()));
            loss.sum().backward();

            Values(cat([loss, chosen.grad!, rejected.grad!])).ShouldAllBe(value => double.IsFinite(value), $"{c}, {r}");
        }
    }

    private static IPreferenceLoss Loss(string name) => PreferenceLosses.Of(new()
    {
        LossType = [name],
        Beta = 0.3,
        LabelSmoothing = 0.1,
        DesirableWeight = 1.3,
    });

    private static PairLogProbs Pairs(
        Tensor chosen, Tensor rejected, double kl = 0.2, double[]? referenceChosen = null, double[]? referenceRejected = null) => new(
        new(chosen, Numbers(referenceChosen ?? LogProbs(3)), Numbers(Tokens(1))),
        new(rejected, Numbers(referenceRejected ?? LogProbs(4)), Numbers(Tokens(2))), kl);

    // Different numbers for each side; hinge's corner is not among them.
    private static double[] LogProbs(int side) => [.. Enumerable.Range(1, Count).Select(i => -3 * i * (1 + Math.Sin(i * side) / 4))];

    private static double[] Tokens(int side) => [.. Enumerable.Range(1, Count).Select(i => (double)(i + side))];

    private static Tensor Numbers(params double[] values) => tensor(values, [values.Length]);

    private static double[] Values(Tensor tensor) => tensor.detach().data<double>().ToArray();
}
