using System.Collections.Concurrent;
using SPaR.Evaluation;
using SPaR.Runs;

namespace SPaR.Integration.Tests.Rounds;

/// <summary>A benchmark that gives the scores it is told, one a round.</summary>
/// <param name="scores">From round 0 on; the last is given for all further ones.</param>
internal sealed class ScriptedBenchmark(params double[] scores) : IBenchmark
{
    public string Name => "scripted";

    /// <summary>The actor's and the refiner's file, and the seed, of each evaluation that was begun.</summary>
    public ConcurrentQueue<(string Actor, string Refiner, string Judge, long Seed)> Asked { get; } = new();

    /// <summary>The evaluation with this number, from 0, does not end until it is stopped.</summary>
    public int? Hold { get; set; }

    /// <summary>Called with the number of an evaluation that begins.</summary>
    public Action<int> Begun { get; set; } = _ => { };

    public async Task<IReadOnlyDictionary<string, Measure>> RunAsync(Players players, Recipe recipe, long seed, CancellationToken stop)
    {
        var number = Asked.Count;
        Asked.Enqueue((FileOf(players.Actor), FileOf(players.Refiner), FileOf(players.Judge), seed));
        Begun(number);
        if (number == Hold)
            await Task.Delay(Timeout.Infinite, stop);
        var score = scores[Math.Min(number, scores.Length - 1)];
        return new Dictionary<string, Measure> { ["accuracy"] = new(score, score - 0.1, score + 0.1, 500) };
    }

    private static string FileOf(Abstractions.ITextModel model) => Path.GetFileNameWithoutExtension(model.File.Path);
}
