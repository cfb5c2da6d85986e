using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SPaR.Host.Metrics;

/// <summary>Keeps what the meters of this process measure, and writes it in Prometheus' text format (0.0.4). No package with an exporter
/// could be restored.</summary>
internal sealed class MeterBook : IDisposable
{
    /// <summary>Of one instrument. What has more labels than this is measured no further: a label must not grow with its users.</summary>
    public const int MostSeries = 1000;

    private readonly ConcurrentDictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    /// <param name="wanted">By the name of the meter.</param>
    public MeterBook(Func<string, bool> wanted)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!wanted(instrument.Meter.Name))
                return;
            var family = _families.GetOrAdd(Family.NameOf(instrument), _ => new(instrument));
            listener.EnableMeasurementEvents(instrument, family);
        };
        Listen<byte>(value => value);
        Listen<short>(value => value);
        Listen<int>(value => value);
        Listen<long>(value => value);
        Listen<float>(value => value);
        Listen<double>(value => value);
        Listen<decimal>(value => (double)value);
        _listener.Start();
    }

    public void Write(StringBuilder text)
    {
        _listener.RecordObservableInstruments();
        foreach (var (_, family) in _families.OrderBy(f => f.Key, StringComparer.Ordinal))
            family.Write(text);
    }

    public void Dispose() => _listener.Dispose();

    private void Listen<T>(Func<T, double> read)
        where T : struct => _listener.SetMeasurementEventCallback<T>(
            (_, value, tags, state) => ((Family)state!).Measure(read(value), LabelsOf(tags)));

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new List<string>(tags.Length);
        foreach (var (name, value) in tags)
            labels.Add($"{TextFormat.Name(name)}=\"{TextFormat.Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")}\"");
        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }
}
