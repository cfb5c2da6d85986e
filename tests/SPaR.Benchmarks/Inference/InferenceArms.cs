using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Models;

namespace SPaR.Benchmarks.Inference;

/// <summary>The same work done in different ways, each with the model freshly loaded. Loading is not part of the time.</summary>
internal sealed class InferenceArms
{
    private readonly ModelFile _file;
    private readonly int _threads;
    private readonly Workload _workload;

    public InferenceArms(ModelFile file, int threads, Workload workload)
    {
        (_file, _threads, _workload) = (file, threads, workload);
        // A model does it itself; the arms without one rely on it.
        LlamaLibrary.Load(NullLogger.Instance);
    }

    /// <summary>One sample at a time.</summary>
    /// <param name="share">Whether prompts continue from what the tree has computed.</param>
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
            // Not from what the engine says that it used: what it computes twice is no prompt.
            Interlocked.Add(ref prompts, (long)request.Seeds.Length * model.Encode(request.Conversation).Length);
            return model.GenerateAsync(request, default);
        });
        return (Arm.Of(done, trace, clock.Read(), trees.Count), done with { PromptTokens = prompts });
    }

    /// <summary>What the engine asked of llama.cpp and nothing else.</summary>
    public Arm Ceiling(StepTrace asked, WorkDone done, int trees)
    {
        var (again, time) = asked.Replay(_file, _threads);
        return Arm.Of(done, again, time, trees);
    }

    public LlamaModel Load(StepTrace trace, int? residentCells = null) => LlamaModel.Load(
        _file, new() { Threads = _threads, ResidentCells = residentCells, Watch = trace.Watch, NothingEnds = true }, NullLogger.Instance);
}

/// <param name="PrefillTokens">Tokens that were evaluated and not generated just before: prompts, and whatever was computed again.</param>
/// <param name="ProcessorSeconds">Of all threads; those that wait for each other count as busy.</param>
/// <param name="TreesMeasured">Whole ones, of the workload's.</param>
/// <param name="DecodeSeconds">Within llama.cpp's evaluations; null where they were not watched, as are the two after it.</param>
/// <param name="Steps">Evaluations.</param>
/// <param name="SequencesPerStep">Samples that got a token in an evaluation, on average.</param>
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
