using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SPaR.Integration.Tests.Torch.Binding;

/// <summary>Every differentiable member against central differences in double precision.</summary>
[Collection(TorchCollection.Name)]
public sealed class GradientTests
{
    private const double Step = 1e-6;

    /// <summary>Functions of a [2, 3] tensor of values between 0.3 and 1.7, no two alike.</summary>
    private static readonly Dictionary<string, Func<Tensor, Tensor>> OfOne = new()
    {
        ["abs"] = x => (x - 1.01).abs(),
        ["cos"] = x => x.cos(),
        ["exp"] = x => x.exp(),
        ["expm1"] = x => x.expm1(),
        ["log"] = x => x.log(),
        ["log1p"] = x => x.log1p(),
        ["neg"] = x => -x,
        ["reciprocal"] = x => x.reciprocal(),
        ["rsqrt"] = x => x.rsqrt(),
        ["sigmoid"] = x => x.sigmoid(),
        ["silu"] = x => F.silu(x),
        ["sin"] = x => x.sin(),
        ["sqrt"] = x => x.sqrt(),
        ["square"] = x => x.square(),
        ["tanh"] = x => x.tanh(),
        ["logsigmoid"] = x => F.logsigmoid(x - 1),
        ["softmax"] = x => F.softmax(x, -1),
        ["log_softmax"] = x => F.log_softmax(x, -1),
        ["logsumexp"] = x => x.logsumexp(-1),
        ["pow"] = x => x.pow(3),
        ["clamp"] = x => x.clamp(0.5, 1.2),
        ["plus a number"] = x => 2 + x + 0.5,
        ["minus a number"] = x => 2.0 - (x - 0.5),
        ["times a number"] = x => 3 * x * 0.5,
        ["over a number"] = x => 2.0 / (x / 3),
        ["sum"] = x => x.sum(),
        ["sum over a dimension"] = x => x.sum(1),
        ["sum over dimensions"] = x => x.sum([0, 1], keepdim: true),
        ["mean"] = x => x.mean(),
        ["mean over dimensions"] = x => x.mean([-1], true),
        ["norm"] = x => x.norm(),
        ["cumsum"] = x => x.cumsum(1),
        ["max"] = x => x.max(),
        ["min"] = x => x.min(),
        ["max along a dimension"] = x => x.max(1).values,
        ["view"] = x => x.view(3, 2),
        ["reshape"] = x => x.reshape(6),
        ["permute"] = x => x.permute(1, 0),
        ["transpose"] = x => x.transpose(0, 1).contiguous(),
        ["t"] = x => x.t(),
        ["expand"] = x => x.unsqueeze(0).expand(4, 2, 3),
        ["repeat"] = x => x.repeat(2, 1),
        ["repeat_interleave"] = x => x.repeat_interleave(2, 0),
        ["flatten"] = x => x.flatten(),
        ["squeeze"] = x => x.unsqueeze(1).squeeze(1),
        ["narrow"] = x => x.narrow(1, 1, 2),
        ["slice"] = x => x.slice(1, 0, 3, 2),
        ["select"] = x => x.select(0, 1),
        ["gather"] = x => x.gather(1, tensor([2L, 0], [2, 1])),
        ["index_select"] = x => x.index_select(0, tensor([1L, 1, 0])),
        ["triu"] = x => x.triu(1),
        ["tril"] = x => x.tril(),
        ["split"] = x => cat(x.split(2, 1).Reverse().ToArray(), 1),
        ["chunk"] = x => cat(x.chunk(2, 1).Reverse().ToArray(), 1),
        ["masked_fill"] = x => x.masked_fill(x.gt(1), 7),
        ["where"] = x => where(x.lt(1), x, x * 2),
        ["clone"] = x => x.clone(),
        ["alias"] = x => x.alias(),
        ["to"] = x => x.to(float64, copy: true),
        ["dropout at rest"] = x => F.dropout(x, 0.5, training: false),
        ["stack"] = x => stack([x, x * 2], 1),
        ["in place on a copy"] = x => x.clone().add_(1).mul_(x).sub_(0.5).div_(2),
    };

    /// <summary>Functions of a [2, 3] tensor and another.</summary>
    private static readonly Dictionary<string, (long[] Other, Func<Tensor, Tensor, Tensor> Apply)> OfTwo = new()
    {
        ["add"] = ([3], (x, y) => x + y),
        ["add scaled"] = ([2, 3], (x, y) => x.add(y, 0.5)),
        ["sub"] = ([2, 1], (x, y) => x - y),
        ["mul"] = ([2, 3], (x, y) => x * y),
        ["div"] = ([2, 3], (x, y) => x / y),
        ["pow"] = ([2, 3], (x, y) => x.pow(y)),
        ["matmul"] = ([3, 4], (x, y) => x.matmul(y)),
        ["matmul of batches"] = ([5, 3, 4], (x, y) => matmul(x, y)),
        ["linear"] = ([4, 3], (x, y) => F.linear(x, y)),
        ["linear with bias"] = ([4, 3], (x, y) => F.linear(x, y, y.sum(1))),
        ["maximum"] = ([2, 3], (x, y) => x.maximum(y)),
        ["minimum"] = ([2, 3], (x, y) => x.minimum(y)),
        ["cat"] = ([1, 3], (x, y) => cat([x, y], 0)),
        ["addcmul_"] = ([2, 3], (x, y) => x.clone().addcmul_(x, y, 0.5)),
        ["addcdiv_"] = ([2, 3], (x, y) => x.clone().addcdiv_(x, y, 0.5)),
        ["copy_"] = ([2, 3], (x, y) => x.clone().copy_(y)),
    };

    public static TheoryData<string> NamesOfOne => [.. OfOne.Keys];

    public static TheoryData<string> NamesOfTwo => [.. OfTwo.Keys];

    [Theory]
    [MemberData(nameof(NamesOfOne))]
    public void The_gradient_of_a_function_is_its_central_difference(string name)
    {
        using var scope = NewDisposeScope();
        Check([Input([2, 3], 1)], inputs => OfOne[name](inputs[0]));
    }

    [Theory]
    [MemberData(nameof(NamesOfTwo))]
    public void The_gradient_of_a_function_of_two_is_its_central_difference(string name)
    {
        using var scope = NewDisposeScope();
        var (other, apply) = OfTwo[name];
        Check([Input([2, 3], 1), Input(other, 2)], inputs => apply(inputs[0], inputs[1]));
    }

    [Fact]
    public void A_given_gradient_is_what_backward_starts_from()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0, 2, 3 }, requires_grad: true);
        x.square().backward([tensor(new[] { 1.0, 10, 100 })]);
        x.grad!.data<double>().ToArray().ShouldBe([2, 40, 600]);
    }

    [Fact]
    public void Gradients_add_up_until_dropped_and_reach_only_the_wanted_inputs()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0 }, requires_grad: true);
        var y = tensor(new[] { 2.0 }, requires_grad: true);
        (x * y).sum().backward();
        (x * y).sum().backward(inputs: [x]);
        x.grad!.item<double>().ShouldBe(4);
        y.grad!.item<double>().ShouldBe(1);
        x.grad = null;
        x.grad.ShouldBeNull();
        var product = (x * y).sum();
        product.backward(retain_graph: true);
        product.backward();
        x.grad!.item<double>().ShouldBe(4);
    }

    [Fact]
    public void A_second_derivative_comes_from_a_created_graph()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 2.0 }, requires_grad: true);
        x.pow(3).sum().backward(create_graph: true);
        var first = x.grad!;
        first.item<double>().ShouldBe(12);
        x.grad = null;
        first.sum().backward();
        x.grad!.item<double>().ShouldBe(12);
    }

    [Fact]
    public void Training_dropout_keeps_the_mean_and_its_gradient_has_the_same_mask()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var x = ones([1000], float64, requires_grad: true);
        var y = F.dropout(x, 0.25);
        y.mean().item<double>().ShouldBe(1, 0.1);
        y.sum().backward();
        x.grad!.data<double>().ToArray().ShouldBe(y.data<double>().ToArray());
    }

    /// <summary>Weighs the outputs, so that a gradient that only has the right sum is found out.</summary>
    private static void Check(Tensor[] inputs, Func<Tensor[], Tensor> function)
    {
        Tensor Loss(Tensor[] at)
        {
            var output = function(at).reshape(-1);
            return (output * (arange(output.numel(), dtype: float64) * 0.37 + 1)).sum();
        }

        Loss(inputs).backward();
        foreach (var input in inputs)
        {
            var values = input.data<double>();
            var gradient = input.grad!.data<double>().ToArray();
            for (var i = 0; i < gradient.Length; i++)
            {
                var difference = (At(i, Step) - At(i, -Step)) / (2 * Step);
                gradient[i].ShouldBe(difference, 1e-7 * Math.Max(1, Math.Abs(difference)), $"element {i}");
            }

            double At(int element, double shift)
            {
                using var off = no_grad();
                var all = values.ToArray();
                all[element] += shift;
                var moved = tensor(all, input.shape);
                return Loss([.. inputs.Select(t => t == input ? moved : t)]).item<double>();
            }
        }
    }

    private static Tensor Input(long[] shape, int salt)
    {
        var count = (int)shape.Aggregate(1L, (a, b) => a * b);
        var values = Enumerable.Range(0, count).Select(i => 0.3 + 1.4 * ((i * 0.618034 + salt * 0.27) % 1)).ToArray();
        return tensor(values, shape, requires_grad: true);
    }
}
