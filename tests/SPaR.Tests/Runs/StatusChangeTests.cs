using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Lifecycle;

namespace SPaR.Tests.Runs;

public sealed class StatusChangeTests
{
    [Fact]
    public async Task What_is_deleted_while_its_status_is_moved_is_not_there_and_nothing_else_is_taken_for_that()
    {
        (await MoveAsync(() => { }, "there", "there")).ShouldBeOfType<Ok<string>>();
        (await MoveAsync(() => { }, null)).ShouldBeOfType<NotFoundProblem>();
        (await MoveAsync(() => { }, "there", null)).ShouldBeOfType<NotFoundProblem>("deleted after the move");
        (await MoveAsync(() => throw new InvalidOperationException(), "there", null)).ShouldBeOfType<NotFoundProblem>();
        (await MoveAsync(() => throw new InvalidStateException("no"), "there")).ShouldBeOfType<ConflictProblem>();
        await Should.ThrowAsync<InvalidOperationException>(
            () => MoveAsync(() => throw new InvalidOperationException(), "there", "there"));
    }

    /// <param name="seen">What is read, time after time.</param>
    private static async Task<object> MoveAsync(Action move, params string?[] seen)
    {
        var reads = new Queue<string?>(seen);
        return (await StatusChange.MakeAsync(
            "run", "run_1", (_, _) =>
            {
                move();
                return Task.CompletedTask;
            }, _ => Task.FromResult(reads.Dequeue()), CancellationToken.None)).Result;
    }
}
