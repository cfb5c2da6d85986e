namespace SPaR.Llama.Scheduling;

/// <summary>The expected length of a sample: the 90th percentile of the last samples of its kind. Sampling, judging and refining are
/// counted separately.</summary>
internal sealed class ExpectedLengths
{
    private const int Window = 256;

    private const double Share = 0.9;

    private readonly Dictionary<string, Queue<int>> _last = [];
    private readonly Dictionary<string, int> _percentile = [];

    public void Add(string kind, int tokens)
    {
        if (!_last.TryGetValue(kind, out var last))
            _last[kind] = last = new();
        if (last.Count == Window)
            last.Dequeue();
        last.Enqueue(tokens);
        var sorted = last.Order().ToArray();
        _percentile[kind] = sorted[(int)Math.Ceiling(Share * sorted.Length) - 1];
    }

    /// <returns>The percentile; <paramref name="most"/> until a sample of the kind has ended.</returns>
    public int Of(string kind, int most) => Math.Clamp(_percentile.GetValueOrDefault(kind, most), 1, most);
}
