using SPaR.Benchmarks;
using SPaR.Benchmarks.Inference;

namespace SPaR.Integration.Tests.Benchmarks;

/// <summary>The arms do the same work, on a model that takes seconds.</summary>
public sealed class InferenceArmsTests
{
    private static readonly RandomLlama Model = new("tiny", 2048, 64, 2, 2, 2, 96, Sharpness: 3);

    private static readonly WorkloadShape Shape = new(8, 2, 20);

    private static readonly int[] Trees = [2];

    private readonly InferenceArms _arms;
    private readonly WorkloadTexts _texts = new(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, 2000);
    private readonly ModelFile _file;

    public InferenceArmsTests()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "arms.gguf");
        lock (Model)
            if (!File.Exists(path))
                Model.Write(path, WeightFormat.F16, new WordVocabulary(Model.Vocabulary));
        _file = new ModelFile(path, "", WordVocabulary.Template);
        _arms = new InferenceArms(_file, 1, new Workload(Shape, _texts));
    }

    [Fact]
    public async Task One_at_a_time_computes_every_prompt_and_a_shared_start_hardly_any()
    {
        var alone = await _arms.SequentialAsync(Trees, share: false);
        var shared = await _arms.SequentialAsync(Trees, share: true);
        // Begin, opening, instruction, answer, asking and two marks; for a refinement the vote, the request and three marks more.
        const int Judged = 1 + 60 + 300 + 40 + 2, Continued = 20 + 60 + 3;
        alone.PrefillTokens.ShouldBe(
            5 * (Judged + 100) + 3 * (Judged + 100 + Continued) + 45 * (Judged + 20) + 6 * (Judged + 20 + Continued));
        shared.PrefillTokens.ShouldBeLessThan(alone.PrefillTokens / 10);
        (alone.TokensGenerated, shared.TokensGenerated).ShouldBe((59 * 20, 59 * 20));
    }

    [Fact]
    public async Task The_ceiling_evaluates_what_the_engine_evaluated()
    {
        var trace = new StepTrace();
        var (engine, done) = await _arms.EngineAsync(Trees, trace);
        var ceiling = _arms.Ceiling(trace, done, 1);
        (ceiling.Steps, ceiling.PrefillTokens).ShouldBe((engine.Steps, engine.PrefillTokens));
        ceiling.SequencesPerStep.ShouldBe(engine.SequencesPerStep);
        engine.TokensGenerated.ShouldBe(59 * 20);
        engine.DecodeSeconds.ShouldNotBeNull();
        engine.DecodeSeconds.Value.ShouldBeLessThanOrEqualTo(engine.Seconds + 0.01);
        var alone = await _arms.SequentialAsync(Trees, share: false);
        done.PromptTokens.ShouldBe(alone.PrefillTokens, "a prompt has as many tokens whoever answers it");
    }

    [Fact]
    public async Task Every_batch_shape_is_measured_bare_and_as_the_engine_does_it()
    {
        var shapes = await new BatchShapes(_file, 1, _arms, _texts).MeasureAsync();
        shapes.Select(s => s.Sequences).ShouldBe([1, 2, 4, 8, 16, 32, 64]);
        shapes.ShouldAllBe(s => s.SecondsPerToken > 0 && s.EngineSecondsPerToken > 0);
        shapes.ShouldAllBe(s => s.EngineSequencesPerStep >= 1 && s.EngineSequencesPerStep <= s.Sequences);
    }
}
