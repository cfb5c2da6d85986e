namespace SPaR.MicroWorld.Bootstrap;

/// <summary>The weights that training starts from: a random Llama with an induction circuit (arXiv 2209.11895) built in, in directions of
/// its own: heads that look one and two words back and copy what they find, and heads that use the copies to find the same word again.
/// Every weight is trained afterwards. Without the circuit, a model of this size does not learn in this many steps to compare an answer
/// with its instruction.</summary>
/// <remarks>Rotary pairs are adjacent numbers (2i, 2i + 1), as in GGUF's architecture <c>llama</c>.</remarks>
internal sealed class InitialWeights
{
    private const double EmbeddingSize = 0.4, Constant = 0.7, HeadDeviation = 0.02;

    /// <summary>The share of the random numbers that is kept under a built-in head.</summary>
    private const double UnderQueryKeyValue = 0.1, UnderOutput = 0.2, UnderFirstDown = 0.3;

    private const double Match = 1.9, CopyStrength = 0.5, Near = 6.5, NearSlow = 2.6, OffsetNoise = 0.01;

    /// <summary>Radians per position. Matching uses slower pairs, as faster ones lose a match over a conversation; looking back relies on
    /// faster ones, as slower ones hardly tell neighbours apart.</summary>
    private const double SlowEnough = 0.025, FastEnough = 0.1;

    private readonly MicroRandom _random;
    private readonly Matrix _basis;
    private readonly double[][] _constant, _token, _oneBack, _twoBack, _copied, _fetched;
    private readonly int[] _matching;

    public InitialWeights(ulong seed)
    {
        _random = new MicroRandom(seed);
        _basis = Matrix.Basis(_random, Shape.Width);
        _constant = Directions(0, 1);
        _token = Directions(1, 45);
        _oneBack = Directions(46, 22);
        _twoBack = Directions(68, 22);
        _copied = Directions(90, 18);
        _fetched = Directions(108, 19);
        _matching = [.. Enumerable.Range(0, Shape.HeadWidth).Where(i => Shape.RopeRate(i / 2) <= SlowEnough)];
        Embedding = Embed();
        Head = Matrix.Normal(_random, Vocabulary.Size, Shape.Width, HeadDeviation);
        Blocks = [.. Enumerable.Range(0, Shape.Layers).Select(_ => new InitialBlock(_random))];
        LookBack(Blocks[0], 0, 1, _oneBack);
        LookBack(Blocks[0], 1, 2, _twoBack);
        Blocks[0].Down.Scale(UnderFirstDown);
        Find(Blocks[1], 0, _token, _oneBack);
        Copy(Blocks[1], 0, _token, _copied);
        Find(Blocks[1], 1, _oneBack, _twoBack);
        Copy(Blocks[1], 1, _token, _fetched);
        Find(Blocks[1], 2, _token, _token);
        Find(Blocks[2], 0, _token, _oneBack);
        Find(Blocks[2], 1, _oneBack, _twoBack);
        Find(Blocks[2], 2, _token, _token);
    }

    public Matrix Embedding { get; }

    public Matrix Head { get; }

    public IReadOnlyList<InitialBlock> Blocks { get; }

    private double[][] Directions(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(row => _basis.Row(row).ToArray())];

    /// <summary>Each token has its own code, and all share the same component in one direction, which lets a head attend to a position
    /// whatever its token.</summary>
    private Matrix Embed()
    {
        var embedding = new Matrix(Vocabulary.Size, Shape.Width);
        var size = EmbeddingSize * Math.Sqrt((double)Shape.Width / _token.Length);
        for (var id = 0; id < Vocabulary.Size; id++)
        {
            foreach (var direction in _token)
                Matrix.AddTo(embedding.Row(id), direction, size * _random.Normal());
            Matrix.AddTo(embedding.Row(id), _constant[0], EmbeddingSize * Constant * Math.Sqrt(Shape.Width));
        }

        return embedding;
    }

    /// <summary>Makes a head attend to the position that many before: the query is the same everywhere, and the key is rotated by the angle
    /// that the distance takes back.</summary>
    private void LookBack(InitialBlock block, int head, int distance, double[][] into)
    {
        // Length of the constant component after the norm.
        var seen = Constant * Math.Sqrt(Shape.Width) / Math.Sqrt(1 + Constant * Constant);
        for (var i = 0; i < Shape.HeadWidth; i++)
        {
            var rate = Shape.RopeRate(i / 2);
            var strength = rate >= FastEnough ? Near : NearSlow;
            var (query, key) = i % 2 == 0 ? (1, Math.Cos(distance * rate)) : (0, Math.Sin(distance * rate));
            Set(block.Query.Row(InitialBlock.RowOf(head, i)), strength * query);
            Set(block.Key.Row(InitialBlock.RowOf(head, i)), strength * key);
        }

        Copy(block, head, _token, into);

        void Set(Span<double> row, double number)
        {
            foreach (ref var noise in row)
                noise = OffsetNoise * _random.Normal();
            Matrix.AddTo(row, _constant[0], number / seen);
        }
    }

    /// <summary>Makes a head attend to positions whose component in <paramref name="key"/> resembles this position's component in
    /// <paramref name="query"/>.</summary>
    private void Find(InitialBlock block, int head, double[][] query, double[][] key)
    {
        for (var i = 0; i < Shape.HeadWidth; i++)
        {
            Scale(block.Query.Row(InitialBlock.RowOf(head, i)), UnderQueryKeyValue);
            Scale(block.Key.Row(InitialBlock.RowOf(head, i)), UnderQueryKeyValue);
        }

        foreach (var (n, i) in _matching.Index())
        {
            Matrix.AddTo(block.Query.Row(InitialBlock.RowOf(head, i)), query[n], Match);
            Matrix.AddTo(block.Key.Row(InitialBlock.RowOf(head, i)), key[n], Match);
        }
    }

    /// <summary>Makes a head copy what it finds in some directions into others.</summary>
    private static void Copy(InitialBlock block, int head, double[][] from, double[][] into)
    {
        for (var i = 0; i < Shape.HeadWidth; i++)
        {
            var column = InitialBlock.RowOf(head, i);
            Scale(block.Value.Row(column), UnderQueryKeyValue);
            var copied = i < Math.Min(from.Length, into.Length);
            if (copied)
                Matrix.AddTo(block.Value.Row(column), from[i], 1);
            for (var row = 0; row < Shape.Width; row++)
            {
                ref var output = ref block.Output.At(row, column);
                output = UnderOutput * output + (copied ? CopyStrength * into[i][row] : 0);
            }
        }
    }

    private static void Scale(Span<double> row, double by)
    {
        foreach (ref var number in row)
            number *= by;
    }
}

/// <summary>The matrices of one block, initially random.</summary>
internal sealed class InitialBlock
{
    private static readonly double Deviation = 1 / Math.Sqrt(Shape.Width);

    public InitialBlock(MicroRandom random)
    {
        Query = Matrix.Normal(random, Shape.Width, Shape.Width, Deviation);
        Key = Matrix.Normal(random, Shape.Width, Shape.Width, Deviation);
        Value = Matrix.Normal(random, Shape.Width, Shape.Width, Deviation);
        Output = Matrix.Normal(random, Shape.Width, Shape.Width, Deviation / 2);
        Gate = Matrix.Normal(random, Shape.FeedForward, Shape.Width, Deviation);
        Up = Matrix.Normal(random, Shape.FeedForward, Shape.Width, Deviation);
        Down = Matrix.Normal(random, Shape.Width, Shape.FeedForward, Deviation / 2);
    }

    public Matrix Query { get; }

    public Matrix Key { get; }

    public Matrix Value { get; }

    public Matrix Output { get; }

    public Matrix Gate { get; }

    public Matrix Up { get; }

    public Matrix Down { get; }

    /// <summary>The row of a head's number in query, key and value, and its column in the output.</summary>
    public static int RowOf(int head, int number) => head * Shape.HeadWidth + number;
}
