using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Tells what is for the operator to put right, in one line, from what is a fault of ours, which keeps its stack.</summary>
internal static class StartupError
{
    /// <returns>Null for a fault of ours.</returns>
    public static string? Of(Exception e) => e switch
    {
        StartupException or UnguardedException or UnusableSchemaException or NativeLibraryMissingException => e.Message,
        OptionsValidationException options => string.Join(" ", options.Failures),
        ValidationException setting => $"A setting under Jobs is out of range: {setting.Message}",
        InvalidOperationException { InnerException: FormatException or ArgumentException or NpgsqlException } setting => setting.Message,
        // Kestrel's, when the port is taken: its message names the address.
        IOException listening when listening.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException =>
            $"{listening.Message} Stop what listens there, or set Urls to another port.",
        _ => null,
    };
}
