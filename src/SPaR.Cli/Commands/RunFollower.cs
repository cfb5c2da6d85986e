using SPaR.Cli.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>Shows a run's progress until it ends: a live table in a terminal, a line every few seconds elsewhere.</summary>
internal sealed class RunFollower(SparClient client, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <returns>The run as it ended.</returns>
    /// <exception cref="CommandException">The run failed or was cancelled.</exception>
    public async Task<RunView> FollowAsync(string id, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var run = terminal.Err.Profile.Out.IsTerminal
            ? await LiveAsync(id, start, cancellationToken)
            : await LinesAsync(id, start, cancellationToken);
        if (run.Preflight?.Warning is { } warning)
            terminal.Say($"warning: {warning}");
        if (run is { Status: "succeeded", Detail: { } detail })
            terminal.Say(detail);
        return run.Status == "succeeded"
            ? run
            : throw new CommandException($"The run {run.Id} {run.Status}. {run.Detail ?? $"See GET /v1/runs/{run.Id}."}");
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
        (int?, string?) position = default;
        while (true)
        {
            var (run, training) = await PollAsync(id, cancellationToken);
            var elapsed = time.GetElapsedTime(start);
            if (run.Ended || elapsed - shown >= BetweenLines || (run.Round, run.Stage) != position)
            {
                terminal.Say(RunTable.Line(run, training, elapsed));
                (shown, position) = (elapsed, (run.Round, run.Stage));
            }

            if (run.Ended)
                return run;
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <returns>The run, and the training that it waits for, if any.</returns>
    private async Task<(RunView Run, TrainingRunView? Training)> PollAsync(string id, CancellationToken cancellationToken)
    {
        var run = await client.GetRunAsync(id, cancellationToken);
        var training = run.Ended ? null : run.Rounds?.FirstOrDefault(round => round.Round == run.Round)?.Training;
        return (run, training is null ? null : await client.GetTrainingAsync(training, cancellationToken));
    }
}
