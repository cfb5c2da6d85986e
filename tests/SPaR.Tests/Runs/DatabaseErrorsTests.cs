using System.Net.Sockets;
using Npgsql;
using SPaR.Service.Storage;

namespace SPaR.Tests.Runs;

public sealed class DatabaseErrorsTests
{
    public static TheoryData<Exception> Unavailable =>
    [
        new NpgsqlException("Exception while reading from stream", new IOException("Connection reset by peer")),
        new InvalidOperationException("likely transient", new NpgsqlException("failed to connect", new SocketException(111))),
        new AggregateException(new FormatException(), new NpgsqlException("The connection pool has been exhausted")),
        new SocketException(11001),
        Refused("57P01"),
        Refused("53300"),
        Refused("08006"),
        Refused("28P01"),
        new InvalidOperationException("saving", Refused("40P01")),
    ];

    public static TheoryData<Exception> Faults =>
        [Refused("22P05"), Refused("23505"), new InvalidOperationException("saving", Refused("42P01"))];

    public static TheoryData<Exception> Others =>
    [
        new IOException("No space left on device"),
        new HttpRequestException("no answer", new SocketException(111)),
        new TimeoutException(),
        new AggregateException(new FormatException()),
    ];

    [Theory]
    [MemberData(nameof(Unavailable))]
    public void A_database_that_cannot_be_used_is_recognised_however_deep_it_is_inside(Exception exception) =>
        (exception.IsDatabaseError(), exception.IsDatabaseUnavailable()).ShouldBe((true, true));

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_command_that_the_database_refuses_does_not_make_it_unavailable(Exception exception) =>
        (exception.IsDatabaseError(), exception.IsDatabaseUnavailable()).ShouldBe((true, false));

    [Theory]
    [MemberData(nameof(Others))]
    public void Other_errors_are_not_the_databases(Exception exception) =>
        (exception.IsDatabaseError(), exception.IsDatabaseUnavailable()).ShouldBe((false, false));

    private static PostgresException Refused(string state) => new("refused", "ERROR", "ERROR", state);
}
