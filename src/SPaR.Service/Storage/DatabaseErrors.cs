using System.Net.Sockets;
using Npgsql;

namespace SPaR.Service.Storage;

/// <summary>Tells errors of the database from errors of the work that met them, however deep they are inside: a reset connection is an
/// <see cref="NpgsqlException"/> around an <see cref="IOException"/>.</summary>
public static class DatabaseErrors
{
    /// <summary>Whether the database caused it.</summary>
    public static bool IsDatabaseError(this Exception exception) =>
        // Npgsql does not wrap the error of an unknown host name.
        exception.FindInner<NpgsqlException>() is not null || exception is SocketException;

    /// <summary>Whether the database could not be reached, or could not serve any command; the same command may succeed later.</summary>
    public static bool IsDatabaseUnavailable(this Exception exception) =>
        exception.FindInner<PostgresException>() is { } refusal
            // Classes 08 (connection), 28 (login), 3D (no such database), 40 (deadlock), 53 (too many connections), 57 (shutting down,
            // starting up) and 58 (disk). Any other is a fault of the command.
            ? refusal.SqlState[..2] is "08" or "28" or "3D" or "40" or "53" or "57" or "58"
            : exception.IsDatabaseError();

    /// <returns>The outermost exception of a type; null if there is none.</returns>
    public static T? FindInner<T>(this Exception exception)
        where T : Exception => exception switch
        {
            T found => found,
            AggregateException all => all.InnerExceptions.Select(FindInner<T>).FirstOrDefault(found => found is not null),
            _ => exception.InnerException?.FindInner<T>(),
        };
}
