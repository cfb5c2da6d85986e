using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Separates errors that the operator can fix, shown in one line, from our own faults, which keep their stack trace.</summary>
internal static class StartupError
{
    /// <returns>Null for our own faults.</returns>
    public static string? Of(Exception e) => e switch
    {
        StartupException or UnguardedException or UnusableSchemaException or NativeLibraryMissingException => e.Message,
        OptionsValidationException options => string.Join(" ", options.Failures),
        ValidationException setting => $"A setting under Jobs is out of range: {setting.Message}",
        InvalidOperationException { InnerException: FormatException or ArgumentException } setting => setting.Message,
        InvalidOperationException { InnerException: { } inner } database when inner.IsDatabaseError() => database.Message,
        // Kestrel's, if the port is taken; its message names the address.
        IOException listening when listening.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException =>
            $"{listening.Message} Stop the process that listens there, or set Urls to another port.",
        _ => null,
    };
}
