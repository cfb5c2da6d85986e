using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SPaR.Integration.Tests.Torch.Binding;

[Collection(TorchCollection.Name)]
public sealed class ScopeTests
{
    [Fact]
    public void A_scope_disposes_of_what_was_made_in_it_and_nothing_else()
    {
        using var outside = zeros([1]);
        Tensor inside;
        using (NewDisposeScope())
            inside = outside.exp();
        inside.IsInvalid.ShouldBeTrue();
        outside.IsInvalid.ShouldBeFalse();
    }

    [Fact]
    public void A_tensor_moved_outwards_lives_until_the_outer_scope_ends()
    {
        Tensor moved;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
                moved = zeros([1]).MoveToOuterDisposeScope();
            moved.IsInvalid.ShouldBeFalse();
        }
        moved.IsInvalid.ShouldBeTrue();
    }

    [Fact]
    public void A_detached_tensor_belongs_to_the_caller()
    {
        Tensor kept, alsoKept;
        using (var scope = NewDisposeScope())
        {
            kept = zeros([1]).DetachFromDisposeScope();
            alsoKept = scope.Detach(zeros([1]));
            scope.DisposablesCount.ShouldBe(0);
        }
        kept.IsInvalid.ShouldBeFalse();
        alsoKept.IsInvalid.ShouldBeFalse();
        kept.Dispose();
        alsoKept.Dispose();
    }

    [Fact]
    public void Moving_out_of_the_outermost_scope_detaches()
    {
        Tensor kept;
        using (NewDisposeScope())
            kept = zeros([1]).MoveToOuterDisposeScope();
        kept.IsInvalid.ShouldBeFalse();
        kept.Dispose();
    }

    [Fact]
    public void A_scope_can_keep_some_and_take_over_others()
    {
        using var own = zeros([1]);
        using var scope = NewDisposeScope();
        var kept = zeros([1]);
        var gone = zeros([1]);
        scope.Attach(own);
        scope.DisposeEverythingBut(kept);
        (kept.IsInvalid, gone.IsInvalid, own.IsInvalid).ShouldBe((false, true, true));
    }

    [Fact]
    public void Scopes_that_end_out_of_order_leave_the_chain_whole()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        outer.Dispose();
        var x = zeros([1]);
        inner.Dispose();
        x.IsInvalid.ShouldBeTrue();
        using var free = zeros([1]);
        free.OwningDisposeScope.ShouldBeNull();
    }

    [Fact]
    public void In_place_members_make_no_new_tensor()
    {
        using var scope = NewDisposeScope();
        var x = zeros([3]);
        var before = Tensor.TotalCount;
        x.add_(1).mul_(2).fill_(3).sub_(x).ShouldBeSameAs(x);
        Tensor.TotalCount.ShouldBe(before);
    }

    [Fact]
    public void A_tensor_counts_once_however_it_was_made()
    {
        using var scope = NewDisposeScope();
        var before = Tensor.TotalCount;
        var x = tensor(new[] { 1f, 2 });
        var (values, _) = x.max(0);
        values.to(float64, disposeAfter: true);
        Should.Throw<ExternalException>(() => x.view(3));
        Tensor.TotalCount.ShouldBe(before + 3);
        scope.DisposeEverything();
        Tensor.TotalCount.ShouldBe(before);
    }

    [Fact]
    public void Two_hundred_training_steps_leave_no_tensor_behind()
    {
        using var all = NewDisposeScope();
        manual_seed(1);
        var w = randn([16, 16]).mul_(0.1).requires_grad_();
        var x = randn([8, 16]);
        var first = Step();
        var live = Tensor.TotalCount;
        var last = first;
        for (var i = 0; i < 200; i++)
            last = Step();
        Tensor.TotalCount.ShouldBe(live);
        last.ShouldBeLessThan(first);

        float Step()
        {
            using var step = NewDisposeScope();
            var loss = (F.silu(F.linear(x, w)) - 0.5).square().mean();
            w.grad = null;
            loss.backward();
            using (no_grad())
                w.sub_(w.grad! * 0.1);
            return loss.item<float>();
        }
    }

    [Fact]
    public void A_tensor_that_nobody_disposes_of_is_freed_by_the_collector()
    {
        var before = Tensor.TotalCount;
        Make();
        for (var i = 0; i < 10 && Tensor.TotalCount > before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Tensor.TotalCount.ShouldBeLessThanOrEqualTo(before);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Make() => _ = zeros([1]);
    }

    [Fact]
    public void Scopes_and_no_grad_belong_to_their_thread()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (recording, owned) = (false, true);
        var thread = new Thread(() =>
        {
            using var x = ones([1], requires_grad: true);
            using var y = x * 2;
            (recording, owned) = (y.requires_grad, y.OwningDisposeScope is not null);
        });
        thread.Start();
        thread.Join();
        recording.ShouldBeTrue();
        owned.ShouldBeFalse();
        (ones([1], requires_grad: true) * 2).requires_grad.ShouldBeFalse();
    }

    [Fact]
    public void Nested_modes_put_back_what_was()
    {
        is_grad_enabled().ShouldBeTrue();
        using (no_grad())
        {
            using (enable_grad())
                is_grad_enabled().ShouldBeTrue();
            is_grad_enabled().ShouldBeFalse();
        }
        is_grad_enabled().ShouldBeTrue();
    }
}
