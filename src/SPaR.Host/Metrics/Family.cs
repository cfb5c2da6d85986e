using System.Diagnostics.Metrics;
using System.Text;

namespace SPaR.Host.Metrics;

/// <summary>All series of one instrument. Thread-safe.</summary>
internal sealed class Family
{
    /// <summary>Seconds, where an instrument says nothing: those that OpenTelemetry and Prometheus take for requests.</summary>
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly string _name, _help;
    private readonly Kind _kind;
    private readonly double[] _bounds;

    public Family(Instrument instrument)
    {
        (_name, _help, _kind) = (NameOf(instrument), instrument.Description ?? instrument.Name, KindOf(instrument));
        _bounds = _kind != Kind.Histogram ? [] : BoundsOf(instrument) ?? (instrument.Unit == "s" ? Seconds : Counts);
    }

    private enum Kind
    {
        /// <summary>Measurements are added up.</summary>
        Counter,

        /// <summary>Likewise, and may go down.</summary>
        Sum,

        /// <summary>A measurement is the whole count so far.</summary>
        Total,

        /// <summary>A measurement replaces the one before.</summary>
        Gauge,

        Histogram,
    }

    /// <summary>As Prometheus has it: with the unit, and <c>_total</c> where it only grows.</summary>
    public static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = TextFormat.Name(instrument.Name);
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            name += unit;
        var grows = KindOf(instrument) is Kind.Counter or Kind.Total;
        return grows && !name.EndsWith("_total", StringComparison.Ordinal) ? $"{name}_total" : name;
    }

    public void Measure(double value, string labels)
    {
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count >= MeterBook.MostSeries)
                    return;
                _series[labels] = series = new(new long[_bounds.Length + 1]);
            }

            if (_kind == Kind.Histogram)
                series.Buckets[BucketOf(value)]++;
            series.Value = _kind is Kind.Gauge or Kind.Total ? value : series.Value + value;
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            if (_series.Count == 0)
                return;
            TextFormat.Head(text, _name, _help, _kind switch
            {
                Kind.Counter or Kind.Total => "counter",
                Kind.Histogram => "histogram",
                _ => "gauge",
            });
            foreach (var (labels, series) in _series)
            {
                if (_kind == Kind.Histogram)
                    WriteHistogram(text, labels, series);
                else
                    TextFormat.Sample(text, _name, labels, series.Value);
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        var before = labels.Length == 0 ? "" : $"{labels},";
        long below = 0;
        for (var i = 0; i <= _bounds.Length; i++)
        {
            below += series.Buckets[i];
            var bound = i < _bounds.Length ? TextFormat.Number(_bounds[i]) : "+Inf";
            TextFormat.Sample(text, $"{_name}_bucket", $"{before}le=\"{bound}\"", below);
        }

        TextFormat.Sample(text, $"{_name}_sum", labels, series.Value);
        TextFormat.Sample(text, $"{_name}_count", labels, below);
    }

    /// <summary>A bound belongs to the bucket below it.</summary>
    private int BucketOf(double value)
    {
        var at = Array.BinarySearch(_bounds, value);
        return at < 0 ? ~at : at;
    }

    private static Kind KindOf(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() switch
    {
        var type when type == typeof(Counter<>) => Kind.Counter,
        var type when type == typeof(UpDownCounter<>) => Kind.Sum,
        var type when type == typeof(Histogram<>) => Kind.Histogram,
        var type when type == typeof(ObservableCounter<>) => Kind.Total,
        _ => Kind.Gauge,
    };

    private static double[]? BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        _ => null,
    };

    /// <param name="Buckets">One for each bound, and one beyond; empty but for histograms.</param>
    private sealed record Series(long[] Buckets)
    {
        public double Value { get; set; }
    }
}
