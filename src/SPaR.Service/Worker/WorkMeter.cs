using SPaR.Method.Items;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Worker;

/// <summary>Measures what this worker does for a run or an evaluation: items in flight, and tokens as they are generated.</summary>
internal sealed class WorkMeter(TimeProvider time)
{
    /// <summary>Over which the rate is taken.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Queue<(long At, long Tokens)> _seen = new([(time.GetTimestamp(), 0)]);
    private long _tokens;
    private long _open;
    private int _inFlight;

    public WorkPhase Phase { get; set; } = WorkPhase.Loading;

    /// <summary>How many slices use it.</summary>
    public int Users { get; set; }

    /// <summary>Starts to measure an item, or the check before a run. Disposing it ends that: its rows count its tokens now.</summary>
    public ItemMeter Start()
    {
        lock (_lock)
            _inFlight++;
        return new(this);
    }

    /// <returns>Items in flight, tokens generated for them, and tokens a second since the last reports.</returns>
    public (int InFlight, long Generated, double PerSecond) Report()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            while (_seen.Count > 1 && time.GetElapsedTime(_seen.Peek().At, now) > Window)
                _seen.Dequeue();
            var (at, tokens) = _seen.Peek();
            _seen.Enqueue((now, _tokens));
            var seconds = time.GetElapsedTime(at, now).TotalSeconds;
            return (_inFlight, _open, seconds > 0 ? (_tokens - tokens) / seconds : 0);
        }
    }

    private void Add(long tokens)
    {
        lock (_lock)
            (_tokens, _open) = (_tokens + tokens, _open + tokens);
    }

    private void End(long tokens)
    {
        lock (_lock)
            (_inFlight, _open) = (_inFlight - 1, _open - tokens);
    }

    /// <summary>The tokens of one item.</summary>
    internal sealed class ItemMeter(WorkMeter meter) : IDisposable
    {
        private long _tokens;

        public void Add(long tokens)
        {
            Interlocked.Add(ref _tokens, tokens);
            meter.Add(tokens);
        }

        /// <returns>The same models, which count what they generate. One model in two roles stays one.</returns>
        public RunModels Of(RunModels models)
        {
            var measured = new Dictionary<ITextModel, ITextModel>(ReferenceEqualityComparer.Instance);
            return new(Measured(models.Actor), Measured(models.Refiner), Measured(models.Judge));

            ITextModel Measured(ITextModel model) =>
                measured.TryGetValue(model, out var known) ? known : measured[model] = new MeteredModel(model, this);
        }

        public void Dispose() => meter.End(Interlocked.Read(ref _tokens));
    }
}
