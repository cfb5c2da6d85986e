using System.CommandLine;
using SPaR.Cli;

namespace SPaR.Tests.Cli;

/// <summary>What every command has, whoever adds the next one.</summary>
public sealed class CommandTreeTests
{
    [Fact]
    public void Every_command_can_print_json()
    {
        // A completion script is no result.
        var commands = Leaves(SparCommand.Create()).Where(command => command.Name != "completion").ToList();

        commands.Count.ShouldBeGreaterThan(50);
        commands.Where(command => !Options(command).Any(option => option.Name == "--json")).Select(Path).ShouldBeEmpty();
    }

    [Fact]
    public void Every_command_argument_and_option_is_described()
    {
        foreach (var command in Leaves(SparCommand.Create()))
        {
            command.Description.ShouldNotBeNullOrEmpty(Path(command));
            command.Arguments.Where(argument => string.IsNullOrEmpty(argument.Description)).ShouldBeEmpty(Path(command));
            command.Options.Where(option => string.IsNullOrEmpty(option.Description)).ShouldBeEmpty(Path(command));
        }
    }

    private static IEnumerable<Command> Leaves(Command command) => command.Hidden ? []
        : command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Leaves);

    private static IEnumerable<Option> Options(Command command) => command.Options
        .Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)));

    private static string Path(Command command) =>
        string.Join(' ', command.Parents.OfType<Command>().Select(parent => parent.Name).Append(command.Name));
}
