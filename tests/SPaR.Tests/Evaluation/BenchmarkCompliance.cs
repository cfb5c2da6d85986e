using System.Text.RegularExpressions;
using SPaR.Evaluation;
using SPaR.Runs;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

/// <summary>What every <see cref="IBenchmark"/> must keep. A benchmark's class says how to make one, and players that can take it.</summary>
public abstract partial class BenchmarkCompliance
{
    protected abstract IBenchmark Create();

    private protected abstract ScriptedEngine Engine();

    [Fact]
    public void Its_name_is_in_kebab_case() => Create().Name.ShouldMatch("^[a-z0-9]+(-[a-z0-9]+)*$");

    [Fact]
    public async Task Its_measures_are_in_snake_case_and_lie_in_their_intervals()
    {
        var measures = await MeasureAsync(Engine(), seed: 1);

        measures.ShouldNotBeEmpty();
        foreach (var (name, measure) in measures)
        {
            SnakeCase().IsMatch(name).ShouldBeTrue(name);
            measure.Count.ShouldBePositive(name);
            measure.Low.ShouldBeInRange(0, measure.Mean, name);
            measure.High.ShouldBeInRange(measure.Mean, 1, name);
        }
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_figures()
    {
        var first = await MeasureAsync(Engine(), seed: 1);
        (await MeasureAsync(Engine(), seed: 1)).OrderBy(m => m.Key).ShouldBe(first.OrderBy(m => m.Key));
    }

    [Fact]
    public async Task Another_seed_asks_with_other_seeds()
    {
        var (one, two) = (Engine(), Engine());
        await MeasureAsync(one, seed: 1);
        await MeasureAsync(two, seed: 2);

        Seeds(one).Intersect(Seeds(two)).ShouldBeEmpty();

        static IEnumerable<ulong> Seeds(ScriptedEngine engine) => engine.Requests.SelectMany(r => r.Seeds);
    }

    [Fact]
    public async Task It_stops_when_told_to()
    {
        using var stop = new CancellationTokenSource();
        var engine = Engine();
        engine.Pace = async _ =>
        {
            await Task.Yield();
            await stop.CancelAsync();
        };

        await Should.ThrowAsync<OperationCanceledException>(() =>
            Create().RunAsync(new(engine, engine, engine), Plain, 1, stop.Token));
    }

    private Task<IReadOnlyDictionary<string, Measure>> MeasureAsync(ScriptedEngine engine, long seed) =>
        Create().RunAsync(new Players(engine, engine, engine), Plain, seed, CancellationToken.None);

    [GeneratedRegex("^[a-z0-9]+(_[a-z0-9]+)*$")]
    private static partial Regex SnakeCase();
}
