using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Binding;

/// <summary>Values on their way in and out, element types, and the random numbers.</summary>
[Collection(TorchCollection.Name)]
public sealed class DataTests
{
    private static readonly float[] Values = [0, 1, -2.5f, 0.15625f, 1024, -3e-5f];

    [Theory]
    [InlineData(ScalarType.BFloat16, 2)]
    [InlineData(ScalarType.Float16, 2)]
    [InlineData(ScalarType.Float32, 4)]
    [InlineData(ScalarType.Float64, 8)]
    public void Bytes_come_back_as_they_went(ScalarType type, int size)
    {
        using var scope = NewDisposeScope();
        var x = tensor(Values, [2, 3]).to_type(type);
        x.bytes.Length.ShouldBe(6 * size);
        var y = empty([2, 3], dtype: type);
        y.bytes = x.bytes.ToArray();
        y.eq(x).all().item<bool>().ShouldBeTrue();
        y.to_type(float32).data<float>().ToArray().ShouldBe(Values, 1e-2);
    }

    [Fact]
    public void Bfloat16_bytes_are_the_upper_half_of_a_float()
    {
        using var scope = NewDisposeScope();
        var upper = Values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray();
        MemoryMarshal.Cast<byte, ushort>(tensor(Values).to_type(bfloat16).bytes).ToArray()[..5].ShouldBe(upper[..5]);
    }

    [Fact]
    public void Float16_reads_as_half()
    {
        using var scope = NewDisposeScope();
        tensor(Values).to_type(float16).data<Half>().ToArray().ShouldBe(Values.Select(v => (Half)v).ToArray());
    }

    [Fact]
    public void Bytes_are_the_memory_itself()
    {
        using var scope = NewDisposeScope();
        var x = zeros([3]);
        MemoryMarshal.Cast<byte, float>(x.bytes)[1] = 5;
        x.data<float>().ToArray().ShouldBe([0, 5, 0]);
    }

    [Fact]
    public void Strided_tensors_read_in_row_major_order_but_have_no_bytes()
    {
        using var scope = NewDisposeScope();
        var turned = tensor([1L, 2, 3, 4, 5, 6], [2, 3]).transpose(0, 1);
        turned.data<long>().ToArray().ShouldBe([1, 4, 2, 5, 3, 6]);
        turned.data<long>()[2, 1].ShouldBe(6);
        turned.shape.ShouldBe([3, 2]);
        turned.stride().ShouldBe([1, 3]);
        Should.Throw<InvalidOperationException>(() => { _ = turned.bytes; });
        turned.contiguous().bytes.Length.ShouldBe(48);
    }

    [Fact]
    public void Elements_read_only_as_their_own_type()
    {
        using var scope = NewDisposeScope();
        Should.Throw<ArgumentException>(() => zeros([1]).data<double>()).Message.ShouldBe("Double is not compatible with Float32");
        Should.Throw<ArgumentException>(() => zeros([1], dtype: bfloat16).item<float>());
        Should.Throw<ArgumentException>(() => zeros([2]).item<float>()).Message.ShouldContain("must be 1");
        zeros([1], dtype: bfloat16).ToSingle().ShouldBe(0);
        tensor(3L).ToDouble().ShouldBe(3);
        tensor(long.MaxValue - 1).ToInt64().ShouldBe(long.MaxValue - 1);
    }

    [Fact]
    public void A_copied_array_can_change_without_the_tensor()
    {
        using var scope = NewDisposeScope();
        float[] values = [1, 2];
        var x = tensor(values);
        values[0] = 9;
        x.data<float>().ToArray().ShouldBe([1, 2]);
        Should.Throw<ArgumentException>(() => tensor(values, [3]));
    }

    [Fact]
    public void New_tensors_have_the_type_that_TorchSharp_gives_them()
    {
        using var scope = NewDisposeScope();
        arange(3).dtype.ShouldBe(int64);
        arange(0, 1, 0.25).dtype.ShouldBe(float32);
        zeros([1]).dtype.ShouldBe(float32);
        full([1], 2).dtype.ShouldBe(int64);
        full([1], 2.0).dtype.ShouldBe(float32);
        tensor(new[] { 1.0 }).dtype.ShouldBe(float64);
        tensor(new[] { 1 }).dtype.ShouldBe(int32);
        from_array(new[,] { { true } }).dtype.ShouldBe(@bool);
        zeros_like(arange(2)).dtype.ShouldBe(int64);
        tensor(new[] { 1f }, dtype: bfloat16).dtype.ShouldBe(bfloat16);
    }

    [Fact]
    public void Whole_tensors_stay_whole_with_whole_numbers_and_turn_real_otherwise()
    {
        using var scope = NewDisposeScope();
        (arange(3) + 1).dtype.ShouldBe(int64);
        (arange(3) * 0.5).dtype.ShouldBe(float32);
        (arange(3) / 2).data<float>().ToArray().ShouldBe([0, 0.5f, 1]);
        (5 - arange(3)).data<long>().ToArray().ShouldBe([5, 4, 3]);
        (zeros([1], dtype: float64) + 0.1).item<double>().ShouldBe(0.1);
    }

    [Fact]
    public void Comparisons_and_choices_name_the_right_elements()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1f, float.NaN, 3, float.PositiveInfinity });
        x.isfinite().data<bool>().ToArray().ShouldBe([true, false, true, false]);
        x.isnan().data<bool>().ToArray().ShouldBe([false, true, false, false]);
        x.isfinite().all().item<bool>().ShouldBeFalse();
        x.isnan().any().item<bool>().ShouldBeTrue();
        var y = tensor(new[] { 1f, 5, 3, 2 });
        (y.argmax().item<long>(), y.max(0).indexes.item<long>(), y.max().item<float>()).ShouldBe((1, 1, 5));
        y.ge(3).logical_and(y.ne(5)).data<bool>().ToArray().ShouldBe([false, false, true, false]);
        y.le(2).logical_or(y.eq(5)).logical_not().data<bool>().ToArray().ShouldBe([false, false, true, false]);
        y.masked_fill_(y.lt(3), -1).data<float>().ToArray().ShouldBe([-1, 5, 3, -1]);
    }

    [Fact]
    public void A_seed_or_a_saved_state_repeats_the_random_numbers()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var first = Draw();
        var state = get_rng_state();
        var second = Draw();
        manual_seed(5);
        Draw().ShouldBe(first);
        set_rng_state(state);
        Draw().ShouldBe(second);
        second.ShouldNotBe(first);

        static float[] Draw() => [.. randn([3]).data<float>(), .. rand([3]).data<float>(), .. zeros([9]).bernoulli_(0.5).data<float>()];
    }

    [Fact]
    public void A_generator_of_ones_own_leaves_the_default_one_alone()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var expected = rand([2]).data<float>().ToArray();
        manual_seed(5);
        using var own = new Generator(5);
        randn([10], generator: own);
        rand([2]).data<float>().ToArray().ShouldBe(expected);
        own.manual_seed(5);
        rand([2], generator: own).data<float>().ToArray().ShouldBe(expected);
        randint(0, 3, [100]).lt(3).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Random_fills_have_the_moments_asked_for()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        zeros([10000]).normal_(2, 0.5).mean().item<float>().ShouldBe(2, 0.05);
        zeros([10000]).uniform_(-1, 3).mean().item<float>().ShouldBe(1, 0.1);
        zeros([10000]).bernoulli_(0.2).mean().item<float>().ShouldBe(0.2f, 0.02f);
    }

    [Fact]
    public void A_thread_setting_holds_on_its_thread()
    {
        set_num_threads(1);
        get_num_threads().ShouldBe(1);
        set_num_threads(2);
        get_num_threads().ShouldBe(2);
    }

    [Fact]
    public void Detached_tensors_share_memory_and_record_nothing()
    {
        using var scope = NewDisposeScope();
        var x = ones([2], requires_grad: true);
        var cut = x.detach();
        (cut.requires_grad, x.is_leaf, (x * 2).is_leaf).ShouldBe((false, true, false));
        cut.fill_(4);
        x.sum().ToSingle().ShouldBe(8);
        x.cpu().shape.ShouldBe([2]);
        x.device.ToString().ShouldBe("cpu");
        x.to(CPU).to(x).numel().ShouldBe(2);
    }

    [Fact]
    public void Kinds_of_numbers_keep_their_kind()
    {
        ((Scalar)3).Type.ShouldBe(int64);
        ((Scalar)3f).Type.ShouldBe(float64);
        ((Scalar)true).Type.ShouldBe(@bool);
        (((Scalar)3).ToDouble(), ((Scalar)2.5).ToInt64(), ((Scalar)true).ToBoolean()).ShouldBe((3.0, 2L, true));
    }
}
