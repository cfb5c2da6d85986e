using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Models;

namespace SPaR.Benchmarks.Inference;

/// <summary>The same work done in different ways, each with a freshly loaded model. Loading is not measured.</summary>
internal sealed class InferenceArms
{
    private readonly ModelFile _file;
    private readonly int _threads;
    private readonly Workload _workload;

    public InferenceArms(ModelFile file, int threads, Workload workload)
    {
        (_file, _threads, _workload) = (file, threads, workload);
        // A LlamaModel does this itself, but not every arm has one.
        LlamaLibrary.Load(NullLogger.Instance);
    }

    /// <summary>One sample at a time.</summary>
    /// <param name="share">Whether prompts reuse the prefixes that the tree has computed.</param>
    public async Task<Arm> SequentialAsync(IReadOnlyList<int> trees, bool share)
    {
        using var model = new SequentialModel(_file, _threads, share);
        var clock = Clock.Start();
        var done = await _workload.RunAsync(trees, atOnce: 1, model.GenerateAsync);
        return Arm.Of(done, model.Evaluated, clock.Read(), trees.Count);
    }

    /// <summary>The engine, with every tree at once.</summary>
    /// <param name="residentCells">Null for the engine's own choice.</param>
    public async Task<(Arm Arm, WorkDone Done)> EngineAsync(IReadOnlyList<int> trees, StepTrace trace, int? residentCells = null)
    {
        await using var model = Load(trace, residentCells);
        var prompts = 0L;
        var clock = Clock.Start();
        var done = await _workload.RunAsync(trees, trees.Count, request =>
        {
            // Not from the engine's own usage, which also counts what it computes twice.
            Interlocked.Add(ref prompts, (long)request.Seeds.Length * model.Encode(request.Conversation).Length);
            return model.GenerateAsync(request, default);
        });
        return (Arm.Of(done, trace, clock.Read(), trees.Count), done with { PromptTokens = prompts });
    }

    /// <summary>The engine's calls to llama.cpp and nothing else.</summary>
    public Arm Ceiling(StepTrace trace, WorkDone done, int trees)
    {
        var (replayed, time) = trace.Replay(_file, _threads);
        return Arm.Of(done, replayed, time, trees);
    }

    public LlamaModel Load(StepTrace trace, int? residentCells = null) => LlamaModel.Load(
        _file, new() { Threads = _threads, ResidentCells = residentCells, WrapDecoder = trace.Wrap, IgnoreEndOfTurn = true },
        NullLogger.Instance);
}

/// <param name="PrefillTokens">Evaluated tokens that were not generated just before: prompts, and what was computed again.</param>
/// <param name="ProcessorSeconds">CPU time of all threads, including those that spin while they wait.</param>
/// <param name="TreesMeasured">How many of the workload's trees were run.</param>
/// <param name="DecodeSeconds">Time in llama.cpp's evaluations; null if they were not recorded, like the next two.</param>
/// <param name="Steps">The number of evaluations.</param>
/// <param name="SequencesPerStep">How many samples got a token in an evaluation, on average.</param>
internal sealed record Arm(
    long TokensGenerated, long PrefillTokens, double Seconds, double ProcessorSeconds, double TokensPerSecond, int TreesMeasured,
    double? DecodeSeconds = null, int? Steps = null, double? SequencesPerStep = null)
{
    public static Arm Of(WorkDone done, long evaluated, Elapsed time, int trees) => new(
        done.TokensGenerated,
        // The last token of a sample is drawn and not evaluated.
        evaluated - (done.TokensGenerated - done.Generations),
        Math.Round(time.Seconds, 2),
        Math.Round(time.ProcessorSeconds, 2),
        Math.Round(done.TokensGenerated / time.Seconds, 1),
        trees);

    public static Arm Of(WorkDone done, StepTrace trace, Elapsed time, int trees) => Of(done, trace.Tokens, time, trees) with
    {
        DecodeSeconds = Math.Round(trace.DecodeSeconds, 2),
        Steps = trace.Evaluations.Count,
        SequencesPerStep = Math.Round(trace.Evaluations.Average(e => e.Outputs), 1),
    };
}
