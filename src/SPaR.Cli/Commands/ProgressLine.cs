using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary>Shows how far something is: a bar in a terminal, a line every few seconds elsewhere.</summary>
internal static class ProgressLine
{
    private const int Width = 30;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500), BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Asks for something until it has ended.</summary>
    /// <param name="share">How much of it is done, in [0, 1]; null if that is not known yet.</param>
    /// <param name="line">The same in words.</param>
    /// <returns>It, as it ended.</returns>
    public static async Task<T> FollowAsync<T>(
        Terminal terminal, TimeProvider time, Func<Task<T>> ask, Func<T, bool> ended, Func<T, double?> share, Func<T, string> line,
        CancellationToken cancellationToken)
    {
        var now = await ask();
        if (terminal.Err.Profile.Out.IsTerminal)
        {
            await terminal.Err.Live(Draw(share(now), line(now))).StartAsync(async live =>
            {
                while (!ended(now))
                {
                    await Task.Delay(Poll, time, cancellationToken);
                    now = await ask();
                    live.UpdateTarget(Draw(share(now), line(now)));
                }
            });
            return now;
        }

        for (var (shown, since) = ("", time.GetTimestamp()); ; now = await ask())
        {
            var said = line(now);
            if (said != shown && (shown.Length == 0 || ended(now) || time.GetElapsedTime(since) >= BetweenLines))
            {
                terminal.Say(said);
                (shown, since) = (said, time.GetTimestamp());
            }

            if (ended(now))
                return now;
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Does something that reports how far it is.</summary>
    public static async Task RunAsync(Terminal terminal, long total, Func<long, string> line, Func<IProgress<long>, Task> work)
    {
        if (terminal.Err.Profile.Out.IsTerminal)
            await terminal.Err.Live(Draw(0, line(0))).StartAsync(
                live => work(new Reports(done => live.UpdateTarget(Draw(total == 0 ? 1 : (double)done / total, line(done))))));
        else
            await work(new Tenths(total, done => terminal.Say(line(done))));
    }

    internal static IRenderable Draw(double? share, string line)
    {
        var filled = (int)Math.Round(Width * Math.Clamp(share ?? 0, 0, 1));
        var percent = share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known,5:0 %}") : "     ";
        return new Markup($"[green]{new string('█', filled)}[/][grey]{new string('░', Width - filled)}[/] {percent} {Markup.Escape(line)}");
    }

    private sealed class Reports(Action<long> show) : IProgress<long>
    {
        public void Report(long value) => show(value);
    }

    private sealed class Tenths(long total, Action<long> show) : IProgress<long>
    {
        private long _shown = -1;

        public void Report(long value)
        {
            var tenth = total == 0 ? 10 : value * 10 / total;
            if (tenth == _shown)
                return;
            _shown = tenth;
            show(value);
        }
    }
}
