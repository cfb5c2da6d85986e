using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SPaR.Service.Events;

namespace SPaR.Integration.Tests.Runs;

public sealed class RunSignalsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_change_of_a_run_is_heard_at_once_and_again_after_the_connection_broke()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        await using var source = NpgsqlDataSource.Create(world.ConnectionString);
        using var signals = new RunSignals(source, TimeProvider.System, NullLogger<RunSignals>.Instance);
        var heard = Channel.CreateUnbounded<string>();
        using var subscription = signals.Subscribe(run => heard.Writer.TryWrite(run));
        await signals.StartAsync(default);
        await ListeningAsync(source, butNot: 0);

        var run = await world.SubmitAsync(1);
        await HearAsync(heard.Reader, run, TimeSpan.FromSeconds(1));

        await using var kill = source.CreateCommand("SELECT pg_terminate_backend($1)");
        var broken = await ListeningAsync(source, butNot: 0);
        kill.Parameters.Add(new() { Value = broken });
        await kill.ExecuteNonQueryAsync();
        await ListeningAsync(source, butNot: broken);
        await world.Lifecycle.PauseAsync(run, default);
        await HearAsync(heard.Reader, run, TimeSpan.FromSeconds(1));
        await signals.StopAsync(default);
    }

    private static async Task HearAsync(ChannelReader<string> heard, string run, TimeSpan within) =>
        (await heard.ReadAsync().AsTask().WaitAsync(within)).ShouldBe(run);

    /// <returns>The process id of the session that listens.</returns>
    private static async Task<int> ListeningAsync(NpgsqlDataSource source, int butNot)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            await using var find = source.CreateCommand(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN spar_%' AND pid <> $1");
            find.Parameters.Add(new() { Value = butNot });
            if (await find.ExecuteScalarAsync(late.Token) is int pid)
                return pid;
            await Task.Delay(50, late.Token);
        }
    }
}
