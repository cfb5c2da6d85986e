using SPaR.Cli.Postgres;
using SPaR.Cli.Supervision;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>Turns a command's exceptions into a message and an exit code.</summary>
internal static class CommandEnd
{
    public const int Success = 0;
    public const int Failure = 1;

    /// <summary>The command line cannot be read.</summary>
    public const int Usage = 2;

    /// <summary>A run ended in good order, but without a pair.</summary>
    public const int NoPairs = 3;

    /// <summary>A run was stopped before its first instruction, because its judge cannot be read.</summary>
    public const int PreflightStopped = 4;

    /// <summary>A run, a training, an evaluation or a refinement was cancelled.</summary>
    public const int Cancelled = 5;

    /// <summary>The service does not answer.</summary>
    public const int Unreachable = 6;

    /// <summary>The key is missing or not valid, or permits too little.</summary>
    public const int KeyRefused = 7;

    /// <summary>Stopped by Ctrl-C, as shells report it.</summary>
    public const int Interrupted = 130;

    public static async Task<int> OfAsync(Terminal terminal, Func<Task> command, CancellationToken cancellationToken)
    {
        try
        {
            await command();
            return Success;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (SparApiException e)
        {
            Show(terminal, e);
            return e.Status is 401 or 403 ? KeyRefused : Failure;
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            terminal.Say($"error: The service does not answer: {e.Message}. Start it with ./spar up, or name another with --url.");
            return Unreachable;
        }
        catch (Exception e) when (e is CommandException or SupervisionException or PostgresUnavailableException)
        {
            terminal.Say($"error: {e.Message}");
            return (e as CommandException)?.ExitCode ?? Failure;
        }
    }

    private static void Show(Terminal terminal, SparApiException e)
    {
        if (e.Errors is [var only])
        {
            // With one error, the service's summary only repeats it.
            terminal.Say($"error: {only.Field}: {only.Message} ({e.Code})");
            return;
        }

        terminal.Say($"error: {e.Message} ({e.Code})");
        foreach (var error in e.Errors)
            terminal.Say($"  {error.Field}: {error.Message}");
    }
}

/// <summary>A command cannot continue; the message says why and what to do.</summary>
/// <param name="exitCode">One of <see cref="CommandEnd"/>.</param>
internal sealed class CommandException(string message, int exitCode = CommandEnd.Failure) : Exception(message)
{
    public int ExitCode => exitCode;
}
