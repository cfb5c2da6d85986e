using static TorchSharp.torch;

namespace SPaR.Benchmarks.Training;

/// <summary>The processor's peak: products of two [1024, 1024] matrices, for about a second on one thread.</summary>
internal sealed class SquareProducts : IDisposable
{
    public const double Flops = 2.0 * Side * Side * Side * Count;

    private const int Side = 1024, Count = 30;

    private readonly Tensor _a = randn([Side, Side]), _b = randn([Side, Side]);

    public void Run()
    {
        for (var i = 0; i < Count; i++)
            _a.mm(_b).Dispose();
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }
}
