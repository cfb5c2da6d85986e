using System.Collections.Immutable;

namespace SPaR.Torch.Optimisers;

/// <summary>A tensor of optimiser state in 8 bits per number: a code of a map for each, and the largest magnitude of each block.</summary>
internal sealed class EightBitBlocks
{
    public const long BlockNumbers = 256;

    private readonly Tensor _codes;
    private readonly Tensor _scales;
    private readonly Tensor _map;
    private readonly Tensor _bounds;
    private readonly bool _positive;

    /// <param name="state">Has the codes under the key and the magnitudes under the key with <c>/scale</c>; zeros at first.</param>
    /// <param name="like">The tensor whose state it is.</param>
    /// <param name="map">Ascending; a number's code is that of the nearest.</param>
    public EightBitBlocks(IDictionary<string, Tensor> state, string key, Tensor like, ImmutableArray<float> map)
    {
        var blocks = (like.numel() + BlockNumbers - 1) / BlockNumbers;
        _codes = Of(state, key, blocks * BlockNumbers, ScalarType.Byte, like.device);
        _scales = Of(state, $"{key}/scale", blocks, ScalarType.Float32, like.device);
        _map = tensor(map.ToArray(), [map.Length]).to(like.device);
        _bounds = (_map.narrow(0, 0, map.Length - 1) + _map.narrow(0, 1, map.Length - 1)).div_(2);
        _positive = map[0] == 0;
    }

    /// <param name="start">A multiple of <see cref="BlockNumbers"/>.</param>
    /// <param name="like">A slice from there: [n].</param>
    /// <returns>[n], in the type of <paramref name="like"/>.</returns>
    public Tensor Read(long start, Tensor like)
    {
        var (first, blocks) = BlocksOf(start, like.shape[0]);
        var codes = _codes.narrow(0, start, blocks * BlockNumbers).to_type(ScalarType.Int64);
        var numbers = _map.index_select(0, codes).view(blocks, BlockNumbers).mul_(_scales.narrow(0, first, blocks).unsqueeze(1));
        return numbers.view(-1).narrow(0, 0, like.shape[0]).to_type(like.dtype);
    }

    /// <param name="start">A multiple of <see cref="BlockNumbers"/>.</param>
    /// <param name="numbers">[n]</param>
    public void Write(long start, Tensor numbers)
    {
        var (first, blocks) = BlocksOf(start, numbers.shape[0]);
        var rest = blocks * BlockNumbers - numbers.shape[0];
        var exact = numbers.to_type(ScalarType.Float32);
        var whole = (rest == 0 ? exact : cat([exact, zeros([rest], ScalarType.Float32, exact.device)])).view(blocks, BlockNumbers);
        var scales = whole.abs().amax([1]);
        _scales.narrow(0, first, blocks).copy_(scales);
        // A block of zeros has the scale 0, whatever its codes.
        var codes = bucketize(whole / scales.clamp_min(float.Epsilon).unsqueeze(1), _bounds);
        if (_positive)
            // A v of 0 would make the next step of a weight with m ≠ 0 huge, so only zeros become 0.
            codes = codes.maximum(whole.gt(0).to_type(codes.dtype));
        _codes.narrow(0, start, blocks * BlockNumbers).copy_(codes.view(-1));
    }

    private static (long First, long Count) BlocksOf(long start, long length) =>
        (start / BlockNumbers, (length + BlockNumbers - 1) / BlockNumbers);

    private static Tensor Of(IDictionary<string, Tensor> state, string key, long count, ScalarType type, Device device) =>
        state.TryGetValue(key, out var known) ? known : state[key] = zeros([count], type, device).DetachFromDisposeScope();
}
