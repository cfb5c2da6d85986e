namespace SPaR.Llama.Scheduling;

/// <summary>How long samples become: the 90th percentile of the last ones of their kind. Sampling, judging and refining differ, so each is
/// counted apart.</summary>
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

    /// <returns>The percentile, or the most that there may be while none of the kind has ended.</returns>
    public int Of(string kind, int most) => Math.Clamp(_percentile.GetValueOrDefault(kind, most), 1, most);
}
