using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>Shows a run's progress until it ends: a live table in a terminal, a line every few seconds elsewhere.</summary>
internal sealed class RunFollower(SparClient client, Terminal terminal, TimeProvider time)
{
    // The service's codes.
    private const string NoPairs = "no-pairs", PreflightUnreadable = "preflight-unreadable";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _warned = [];

    /// <returns>The run as it ended.</returns>
    /// <exception cref="CommandException">It failed, was cancelled, or made no pair.</exception>
    public async Task<Run> FollowAsync(string id, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var run = terminal.Err.Profile.Out.IsTerminal
            ? await LiveAsync(id, start, cancellationToken)
            : await LinesAsync(id, start, cancellationToken);
        if (run.Status == RunStatus.Succeeded && run.Code != NoPairs)
        {
            if (run.Detail is { } detail)
                terminal.Say(detail);
            return run;
        }

        throw new CommandException($"The run {run.Id} {run.Status}. {run.Detail ?? $"See ./spar runs show {run.Id}."}", run switch
        {
            { Code: NoPairs } => CommandEnd.NoPairs,
            { Code: PreflightUnreadable } => CommandEnd.PreflightStopped,
            _ when run.Status == RunStatus.Cancelled => CommandEnd.Cancelled,
            _ => CommandEnd.Failure,
        });
    }

    private async Task<Run> LiveAsync(string id, long start, CancellationToken cancellationToken)
    {
        var (run, training) = await PollAsync(id, cancellationToken);
        await terminal.Err.Live(RunTable.Draw(run, training, TimeSpan.Zero)).StartAsync(async live =>
        {
            while (!run.Status.HasEnded())
            {
                await Task.Delay(Poll, time, cancellationToken);
                (run, training) = await PollAsync(id, cancellationToken);
                live.UpdateTarget(RunTable.Draw(run, training, time.GetElapsedTime(start)));
            }
        });
        return run;
    }

    private async Task<Run> LinesAsync(string id, long start, CancellationToken cancellationToken)
    {
        var shown = TimeSpan.Zero;
        (int, RoundStage, WorkPhase?) position = default;
        while (true)
        {
            var (run, training) = await PollAsync(id, cancellationToken);
            var elapsed = time.GetElapsedTime(start);
            if (run.Status.HasEnded() || elapsed - shown >= BetweenLines || Position(run) != position)
            {
                terminal.Say(RunTable.Line(run, training, elapsed));
                (shown, position) = (elapsed, Position(run));
            }

            if (run.Status.HasEnded())
                return run;
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Says each warning about the run and its judge as soon as there is one.</summary>
    /// <returns>The run, and the training that it waits for, if any.</returns>
    private async Task<(Run Run, TrainingRun? Training)> PollAsync(string id, CancellationToken cancellationToken)
    {
        var run = await client.GetRunAsync(id, cancellationToken);
        foreach (var warning in run.Warnings.Select(w => w.Detail).Append(run.Preflight?.Warning).Append(run.Stalled?.Detail)
            .OfType<string>())
            if (_warned.Add(warning))
                terminal.Say($"warning: {warning}");

        return (run, Training(run) is { } training ? await client.GetTrainingRunAsync(training, cancellationToken) : null);
    }

    /// <summary>The training that the current stage waits for; null in other stages and until it has started.</summary>
    private static string? Training(Run run)
    {
        if (run.Status.HasEnded() || run.Rounds.FirstOrDefault(round => round.RoundNumber == run.Round) is not { } round)
            return null;
        return round.Stage == RoundStage.TrainActor ? round.ActorTraining
            : round.Stage == RoundStage.TrainRefiner ? round.RefinerTraining : null;
    }

    private static (int, RoundStage, WorkPhase?) Position(Run run) => (run.Round, run.Stage, run.Now?.Activity?.Phase);
}
