using Microsoft.EntityFrameworkCore;
using Npgsql;
using SPaR.Integration.Tests.Runs;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Items;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Storage;

public sealed class StorageTests(PostgresFixture postgres)
{
    [Fact]
    public void Ids_have_their_prefix_and_sort_by_time()
    {
        var early = Ids.New("run", TimeProvider.System);
        early.ShouldMatch("^run_[0-9a-f]{32}$");
        early[4..16].ShouldBeLessThanOrEqualTo(Ids.New("run", TimeProvider.System)[4..16]);
    }

    [Fact]
    public void States_are_read_by_the_names_they_are_written_with()
    {
        EnumName.Of(ItemState.TooLong).ShouldBe("too-long");
        EnumName.Parse<ItemState>("search-failed").ShouldBe(ItemState.SearchFailed);
        Should.Throw<FormatException>(() => EnumName.Parse<RunStatus>("done")).Message.ShouldStartWith("'done' is not one of ");
    }

    [Fact]
    public void A_pool_is_bounded_unless_the_user_says_otherwise()
    {
        ServiceConnections.Of("Host=h", 24).MaxPoolSize.ShouldBe(24);
        ServiceConnections.Of("Host=h;MaxPoolSize=100", 24).MaxPoolSize.ShouldBe(100);
    }

    [Theory]
    [InlineData("", "30s")]
    [InlineData("-c work_mem=5MB", "30s")]
    [InlineData("-c idle_in_transaction_session_timeout=7s", "7s")]
    public async Task A_process_that_is_frozen_in_a_transaction_keeps_its_locks_for_half_a_minute_unless_the_user_says_otherwise(
        string options, string most)
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.MigratedDatabaseAsync()) { Options = options };
        await using var source = NpgsqlDataSource.Create(ServiceConnections.Of(database.ConnectionString, 2));
        for (var use = 0; use < 2; use++)
        {
            // Also on a connection that comes from the pool.
            await using var connection = await source.OpenConnectionAsync();
            await using var command = new NpgsqlCommand("SHOW idle_in_transaction_session_timeout", connection);
            (await command.ExecuteScalarAsync()).ShouldBe(most);
        }
    }

    [Fact]
    public async Task A_stored_recipe_and_a_seed_beyond_the_signed_range_come_back_as_they_were()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var run = await world.RunningAsync(1);
        RecipeJson.Write((await world.RunAsync(run)).Recipe).ShouldBe(RecipeJson.Write(new()));
        var lease = (await world.TakeAsync(run, "w", 1)).Single();
        await (await world.OpenAsync(lease)).SaveAsync([Rows.Answer(lease.Key, 0, ulong.MaxValue - 4)], default, default);
        await using var db = await world.Databases.CreateDbContextAsync();
        (await db.Answers.SingleAsync()).Seed.ShouldBe(ulong.MaxValue - 4);
        (await db.Database.SqlQuery<long>($"SELECT seed AS \"Value\" FROM spar.answers").SingleAsync()).ShouldBe(-5);
    }
}
