using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class CommandEndTests
{
    [Fact]
    public async Task A_command_shows_code_field_and_message_and_fails() =>
        (await ShownAsync(new(422, "invalid-recipe", "depth is [99].", [Field("recipe.refine.depth", "depth is [99].")])))
            .ShouldBe("error: recipe.refine.depth: depth is [99]. (invalid-recipe)\n");

    [Fact]
    public async Task A_command_shows_every_error() =>
        (await ShownAsync(new(422, "invalid-run", "The input has errors.", [Field("actor", "There is none."), Field("name", "Too long.")])))
            .ShouldBe("error: The input has errors. (invalid-run)\n  actor: There is none.\n  name: Too long.\n");

    [Fact]
    public async Task A_command_shows_an_error_without_fields() =>
        (await ShownAsync(new(422, "database-unavailable", "PostgreSQL does not answer.", [])))
            .ShouldBe("error: PostgreSQL does not answer. (database-unavailable)\n");

    [Fact]
    public async Task Interrupting_a_command_is_not_a_failure()
    {
        using var terminal = new TestTerminal();
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        var exit = await CommandEnd.OfAsync(terminal.Terminal, () => Task.FromCanceled(stop.Token), stop.Token);

        exit.ShouldBe(130);
        terminal.Err.ShouldBeEmpty();
    }

    private static FieldError Field(string field, string message) => new() { Field = field, Message = message };

    private static async Task<string> ShownAsync(SparApiException refused)
    {
        using var terminal = new TestTerminal();
        (await CommandEnd.OfAsync(terminal.Terminal, () => throw refused, CancellationToken.None)).ShouldBe(1);
        terminal.Out.ShouldBeEmpty();
        return terminal.Err.ReplaceLineEndings("\n");
    }
}
