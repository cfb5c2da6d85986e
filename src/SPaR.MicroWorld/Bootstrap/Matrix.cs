namespace SPaR.MicroWorld.Bootstrap;

/// <summary>A matrix with just the operations that the initial weights need.</summary>
internal sealed class Matrix(int rows, int columns)
{
    private readonly double[] _numbers = new double[rows * columns];

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>Row by row.</summary>
    public float[] ToSingle() => Array.ConvertAll(_numbers, number => (float)number);

    public Span<double> Row(int row) => _numbers.AsSpan(row * columns, columns);

    public ref double At(int row, int column) => ref _numbers[row * columns + column];

    public static Matrix Normal(MicroRandom random, int rows, int columns, double deviation)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref var number in matrix._numbers.AsSpan())
            number = deviation * random.Normal();
        return matrix;
    }

    /// <summary>A random orthonormal basis, as rows (Gram-Schmidt).</summary>
    public static Matrix Basis(MicroRandom random, int size)
    {
        var basis = Normal(random, size, size, 1);
        for (var row = 0; row < size; row++)
        {
            var own = basis.Row(row);
            // A second pass removes what rounding has left.
            for (var pass = 0; pass < 2; pass++)
                for (var before = 0; before < row; before++)
                    AddTo(own, basis.Row(before), -Dot(own, basis.Row(before)));
            var length = Math.Sqrt(Dot(own, own));
            foreach (ref var number in own)
                number /= length;
        }

        return basis;
    }

    public void Scale(double by)
    {
        foreach (ref var number in _numbers.AsSpan())
            number *= by;
    }

    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>target += by × source</summary>
    public static void AddTo(Span<double> target, ReadOnlySpan<double> source, double by)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] += by * source[i];
    }
}
