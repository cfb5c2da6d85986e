using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SPaR.Integration.Tests.Runs;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Storage;

/// <summary>Rows that are stored and read many at a time.</summary>
public sealed class RowCopyTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Copied_rows_are_those_that_EF_would_store()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var lease = (await world.TakeAsync(await world.RunningAsync(1), "w", 1)).Single();
        // Between them they have every kind of column: text, numbers, seeds, arrays, enums, JSON, and nulls.
        var answer = Rows.Answer(lease.Key, 0) with { Verifier = new([new("length:words", true, false)]) };
        await StoredAsync(world, answer);
        await StoredAsync(world, Rows.Judgement(lease.Key, "a0"));
        await StoredAsync(world, Rows.Node(lease.Key, "r.0", NodeOutcome.TooLong, 0.25));
        await StoredAsync(world, Rows.Pair(lease.Key) with { FilteredBy = PairFilter.MinSimilarity });
    }

    [Fact]
    public async Task Copied_rows_are_part_of_the_transaction()
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        var lease = (await world.TakeAsync(await world.RunningAsync(1), "w", 1)).Single();
        await using (var db = await world.Databases.CreateDbContextAsync())
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var copy = new RowCopy<Answer>(db);
            copy.Add(Rows.Answer(lease.Key, 0));
            await copy.StoreAsync(default);
            (await db.Answers.CountAsync()).ShouldBe(1);
        }

        await using var after = await world.Databases.CreateDbContextAsync();
        (await after.Answers.CountAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(1000, 10)]
    [InlineData(300, 30_000)]
    [InlineData(20, 1_000_000)]
    public async Task A_long_list_is_read_in_order_and_a_few_megabytes_ahead(int rows, int characters)
    {
        await using var world = await RunWorld.CreateAsync(postgres);
        await using (var db = await world.Databases.CreateDbContextAsync())
        {
            db.InstructionSets.Add(new() { Id = "set_1", Name = "s", Count = rows, CreatedAt = DateTimeOffset.UnixEpoch });
            db.Instructions.AddRange(Enumerable.Range(0, rows).Select(i => new Instruction
            {
                Id = $"ins_{i}",
                SetId = "set_1",
                Ordinal = i,
                Messages = [new("user", new string('x', characters))],
            }));
            await db.SaveChangesAsync();
        }

        var (received, used, mostAhead) = (0, new List<int>(), 0);
        await foreach (var row in ReadAsync())
        {
            used.Add(row.Ordinal);
            mostAhead = Math.Max(mostAhead, Volatile.Read(ref received) - used.Count);
        }

        used.ShouldBe(Enumerable.Range(0, rows));
        // Two pages of two megabytes, and the row that filled each; a short row counts 500 more than it has.
        mostAhead.ShouldBeLessThanOrEqualTo(2 * ((1 << 21) / (characters + 500) + 2));

        // Whoever stops early leaves nothing behind: the connections are free again.
        for (var time = 0; time < 20; time++)
            await foreach (var row in ReadAsync())
                break;

        IAsyncEnumerable<Instruction> ReadAsync() => PagedRows.ReadAsync(
            world.Databases, -1,
            (db, after) => db.Instructions.AsNoTracking().Where(i => i.Ordinal > after).OrderBy(i => i.Ordinal), i => i.Ordinal,
            i =>
            {
                Interlocked.Increment(ref received);
                return i.Messages[0].Content.Length;
            });
    }

    private static async Task StoredAsync<T>(RunWorld world, T row)
        where T : class
    {
        await using var db = await world.Databases.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.Add(row);
        await db.SaveChangesAsync();
        var expected = await db.Set<T>().AsNoTracking().SingleAsync();
        await db.Set<T>().ExecuteDeleteAsync();
        var copy = new RowCopy<T>(db);
        copy.Add(row);
        await copy.StoreAsync(default);
        JsonSerializer.Serialize(await db.Set<T>().AsNoTracking().SingleAsync()).ShouldBe(JsonSerializer.Serialize(expected));
        await transaction.CommitAsync();
    }
}
