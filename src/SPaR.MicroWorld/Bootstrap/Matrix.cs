namespace SPaR.MicroWorld.Bootstrap;

/// <summary>Numbers in rows; a linear map takes a column vector to the product of its rows with it. Only what laying out the first
/// weights needs.</summary>
internal sealed class Matrix(int rows, int columns)
{
    private readonly double[] _numbers = new double[rows * columns];

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>Row by row.</summary>
    public float[] ToSingle() => Array.ConvertAll(_numbers, number => (float)number);

    public Span<double> Row(int row) => _numbers.AsSpan(row * columns, columns);

    public ref double At(int row, int column) => ref _numbers[row * columns + column];

    public static Matrix Normal(Dice dice, int rows, int columns, double deviation)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref var number in matrix._numbers.AsSpan())
            number = deviation * dice.Normal();
        return matrix;
    }

    /// <summary>Rows of length 1 that are at right angles to each other, all directions equally likely (Gram and Schmidt).</summary>
    public static Matrix Basis(Dice dice, int size)
    {
        var basis = Normal(dice, size, size, 1);
        for (var row = 0; row < size; row++)
        {
            var own = basis.Row(row);
            // Twice is enough for what rounding leaves over.
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

    /// <summary>target + by × source, into target.</summary>
    public static void AddTo(Span<double> target, ReadOnlySpan<double> source, double by)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] += by * source[i];
    }
}
