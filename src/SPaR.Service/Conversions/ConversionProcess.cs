using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SPaR.Service.Conversions;

/// <summary>Runs a conversion in a process of its own: a damaged file ends that process only, and a cancellation ends it at once. It ends
/// with this one, whose death closes its input.</summary>
internal static class ConversionProcess
{
    /// <param name="progress">Told the share that is done.</param>
    /// <exception cref="ModelRejectedException">The conversion failed.</exception>
    /// <exception cref="ModelProcessDiedException">Something killed the process.</exception>
    public static async Task RunAsync(ConversionOrder order, Action<double> progress, CancellationToken cancellationToken)
    {
        var command = SelfExecutable.InRole(ConversionOrder.Role);
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order).AsMemory(), cancellationToken);
            await process.StandardInput.FlushAsync(cancellationToken);
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
                if (line == ConversionOrder.Done)
                    return;
                else if (line.StartsWith('{'))
                    throw Failed(JsonSerializer.Deserialize<ConversionFault>(line)!);
                else if (double.TryParse(line, CultureInfo.InvariantCulture, out var share))
                    progress(share);
            await process.WaitForExitAsync(cancellationToken);
            var last = LastLine(await errors);
            throw new ModelProcessDiedException(
                $"The process of the conversion ended with {process.ExitCode}. {last}", last, process.ExitCode);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static ModelRejectedException Failed(ConversionFault fault) => new(fault.Code, fault.Message);

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1].Trim();
}
