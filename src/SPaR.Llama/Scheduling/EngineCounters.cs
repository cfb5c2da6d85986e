using System.Diagnostics.Metrics;

namespace SPaR.Llama.Scheduling;

/// <summary>Counts the work of a context, and reports it as metrics of the meter <c>SPaR.Llama</c> with the tag <c>model</c>.</summary>
internal sealed class EngineCounters(string model)
{
    public const string MeterName = "SPaR.Llama";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Prefilled = Meter.CreateCounter<long>(
        "spar.llama.prefill.computed", "{token}", "Prompt tokens that were evaluated.");

    private static readonly Counter<long> Forked = Meter.CreateCounter<long>(
        "spar.llama.prefill.forked", "{token}", "Prompt tokens that were taken from another sequence.");

    private static readonly Counter<long> Generated = Meter.CreateCounter<long>(
        "spar.llama.generated", "{token}", "Tokens drawn.");

    private static readonly Counter<long> Preempted = Meter.CreateCounter<long>(
        "spar.llama.preemptions", "{sequence}", "Sequences stopped to make room, and computed again later.");

    private static readonly Counter<long> Evicted = Meter.CreateCounter<long>(
        "spar.llama.evictions", "{sequence}", "Resident sequences dropped.");

    private static readonly Histogram<int> Batch = Meter.CreateHistogram<int>(
        "spar.llama.batch.tokens", "{token}", "Tokens evaluated in one step.");

    private static readonly Histogram<int> Cells = Meter.CreateHistogram<int>(
        "spar.llama.cells.used", "{cell}", "KV cells in use at a step.");

    private readonly KeyValuePair<string, object?> _model = new("model", model);

    public long PrefillComputed { get; private set; }

    public long PrefillForked { get; private set; }

    public long TokensGenerated { get; private set; }

    public long Preemptions { get; private set; }

    public long Evictions { get; private set; }

    public long Steps { get; private set; }

    public void Step(int tokens, int cells)
    {
        Steps++;
        Batch.Record(tokens, _model);
        Cells.Record(cells, _model);
    }

    public void Compute(int tokens)
    {
        PrefillComputed += tokens;
        Prefilled.Add(tokens, _model);
    }

    public void Fork(int tokens)
    {
        PrefillForked += tokens;
        Forked.Add(tokens, _model);
    }

    public void Generate(int tokens)
    {
        TokensGenerated += tokens;
        Generated.Add(tokens, _model);
    }

    public void Preempt()
    {
        Preemptions++;
        Preempted.Add(1, _model);
    }

    public void Evict()
    {
        Evictions++;
        Evicted.Add(1, _model);
    }
}
