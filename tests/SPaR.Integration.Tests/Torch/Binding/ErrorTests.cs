using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Binding;

/// <summary>What torch refuses arrives as an exception with torch's own text.</summary>
[Collection(TorchCollection.Name)]
public sealed class ErrorTests
{
    [Fact]
    public void A_view_of_another_size_is_refused() =>
        Refusal(() => zeros([2, 3]).view(4)).ShouldContain("shape '[4]' is invalid for input of size 6");

    [Fact]
    public void Matrices_that_do_not_fit_are_refused() =>
        Refusal(() => zeros([2, 3]).matmul(zeros([2, 3]))).ShouldContain("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");

    [Fact]
    public void Backward_without_a_graph_is_refused() =>
        Refusal(() => zeros([2]).sum().backward()).ShouldContain("does not require grad");

    [Fact]
    public void Backward_from_many_values_wants_a_gradient() =>
        Refusal(() => zeros([2], requires_grad: true).exp().backward()).ShouldContain("scalar outputs");

    [Fact]
    public void A_second_backward_over_a_freed_graph_is_refused()
    {
        using var scope = NewDisposeScope();
        var loss = ones([2], requires_grad: true).exp().sum();
        loss.backward();
        Refusal(loss.backward).ShouldContain("second time");
    }

    [Fact]
    public void A_leaf_that_wants_a_gradient_is_not_changed_in_place() =>
        Refusal(() => zeros([2], requires_grad: true).add_(1)).ShouldContain("leaf Variable that requires grad");

    [Fact]
    public void A_value_that_the_graph_needs_is_not_changed_unseen()
    {
        using var scope = NewDisposeScope();
        var y = ones([2], requires_grad: true).exp();
        var loss = y.square().sum();
        y.add_(1);
        Refusal(loss.backward).ShouldContain("modified by an inplace operation");
    }

    [Fact]
    public void An_allocation_beyond_all_memory_is_an_exception() =>
        Refusal(() => zeros([1L << 42])).ShouldContain("can't allocate memory");

    [Fact]
    public void An_index_beyond_the_end_is_refused() =>
        Refusal(() => zeros([2, 3]).index_select(0, tensor([5L]))).ShouldContain("out of range");

    [Fact]
    public void Work_goes_on_after_an_error()
    {
        using var scope = NewDisposeScope();
        Refusal(() => zeros([2, 3]).view(4));
        ones([2, 3]).sum().item<float>().ShouldBe(6);
    }

    [Fact]
    public void A_disposed_tensor_is_refused_before_torch_sees_it()
    {
        var x = zeros([1]);
        x.Dispose();
        Should.Throw<InvalidOperationException>(() => x.exp()).Message.ShouldContain("empty handle");
    }

    private static string Refusal(Action act)
    {
        using var scope = NewDisposeScope();
        return Should.Throw<ExternalException>(act).Message;
    }

    private static string Refusal(Func<Tensor> act) => Refusal(() => { act(); });
}
