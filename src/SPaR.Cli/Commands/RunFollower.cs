using SPaR.Cli.Client;
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
    public async Task<RunView> FollowAsync(string id, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var run = terminal.Err.Profile.Out.IsTerminal
            ? await LiveAsync(id, start, cancellationToken)
            : await LinesAsync(id, start, cancellationToken);
        if (run is { Status: "succeeded", Code: not NoPairs })
        {
            if (run.Detail is { } detail)
                terminal.Say(detail);
            return run;
        }

        throw new CommandException($"The run {run.Id} {run.Status}. {run.Detail ?? $"See ./spar runs show {run.Id}."}", run switch
        {
            { Code: NoPairs } => CommandEnd.NoPairs,
            { Code: PreflightUnreadable } => CommandEnd.PreflightStopped,
            { Status: "cancelled" } => CommandEnd.Cancelled,
            _ => CommandEnd.Failure,
        });
    }

    private async Task<RunView> LiveAsync(string id, long start, CancellationToken cancellationToken)
    {
        var (run, training) = await PollAsync(id, cancellationToken);
        await terminal.Err.Live(RunTable.Draw(run, training, TimeSpan.Zero)).StartAsync(async live =>
        {
            while (!run.Ended)
            {
                await Task.Delay(Poll, time, cancellationToken);
                (run, training) = await PollAsync(id, cancellationToken);
                live.UpdateTarget(RunTable.Draw(run, training, time.GetElapsedTime(start)));
            }
        });
        return run;
    }

    private async Task<RunView> LinesAsync(string id, long start, CancellationToken cancellationToken)
    {
        var shown = TimeSpan.Zero;
        (int?, string?, string?) position = default;
        while (true)
        {
            var (run, training) = await PollAsync(id, cancellationToken);
            var elapsed = time.GetElapsedTime(start);
            if (run.Ended || elapsed - shown >= BetweenLines || Position(run) != position)
            {
                terminal.Say(RunTable.Line(run, training, elapsed));
                (shown, position) = (elapsed, Position(run));
            }

            if (run.Ended)
                return run;
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Says each warning about the run and its judge as soon as there is one.</summary>
    /// <returns>The run, and the training that it waits for, if any.</returns>
    private async Task<(RunView Run, TrainingRunView? Training)> PollAsync(string id, CancellationToken cancellationToken)
    {
        var run = await client.GetRunAsync(id, cancellationToken);
        foreach (var warning in (run.Warnings ?? []).Select(w => w.Detail).Append(run.Preflight?.Warning).Append(run.Stalled?.Detail)
            .OfType<string>())
            if (_warned.Add(warning))
                terminal.Say($"warning: {warning}");

        var training = run.Ended ? null : run.Rounds?.FirstOrDefault(round => round.Round == run.Round)?.Training;
        return (run, training is null ? null : await client.GetTrainingAsync(training, cancellationToken));
    }

    private static (int?, string?, string?) Position(RunView run) => (run.Round, run.Stage, run.Now?.Activity?.Phase);
}
