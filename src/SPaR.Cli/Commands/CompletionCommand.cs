using System.CommandLine;

namespace SPaR.Cli.Commands;

/// <summary><c>spar completion</c>: a script that completes commands and options in a shell, and the hidden commands of scripts.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            _spar() { mapfile -t COMPREPLY < <(compgen -W "$("$1" suggest "$COMP_POINT" "$COMP_LINE" 2>/dev/null)" -- "$2"); }
            complete -o default -F _spar ./spar spar
            """,
        ["zsh"] = """
            _spar() { local -a found; found=(${(f)"$("$words[1]" suggest "$CURSOR" "$BUFFER" 2>/dev/null)"}); compadd -a found || _files; }
            compdef _spar ./spar spar
            """,
        ["fish"] = """
            function __spar
                set -l line (commandline -cp); set -l words (commandline -opc)
                $words[1] suggest (string length -- "$line") "$line" 2>/dev/null
            end
            complete -c spar -a '(__spar)'
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Print a script that completes commands in a shell: source <(./spar completion bash).")
        {
            shell,
        };
        command.SetAction(arguments => Console.Out.WriteLine(Scripts[arguments.GetRequiredValue(shell)]));
        return command;
    }

    /// <param name="spar">Makes the whole command line.</param>
    public static Command Suggest(Func<Command> spar)
    {
        var position = new Argument<int>("position");
        var line = new Argument<string>("line");
        var command = new Command("suggest", "What may stand at a position of a command line.") { position, line };
        command.Hidden = true;
        command.SetAction(arguments =>
        {
            foreach (var found in Complete(spar(), arguments.GetRequiredValue(line), arguments.GetRequiredValue(position)))
                Console.Out.WriteLine(found);
        });
        return command;
    }

    /// <summary>For the script, which installs and builds the service only for a command that will start it.</summary>
    /// <param name="spar">Makes the whole command line.</param>
    public static Command Check(Func<Command> spar)
    {
        var words = new Argument<string[]>("words");
        var command = new Command("check", "Exit code 0 for a command line that is valid and does not ask for help.") { words };
        command.Hidden = true;
        command.SetAction(arguments =>
            spar().Parse(arguments.GetRequiredValue(words)).Action is System.CommandLine.Invocation.ParseErrorAction
                or System.CommandLine.Help.HelpAction
                ? CommandEnd.Usage
                : CommandEnd.Success);
        return command;
    }

    /// <param name="line">Starts with the program's name.</param>
    internal static IEnumerable<string> Complete(Command spar, string line, int position)
    {
        var start = line.IndexOf(' ', StringComparison.Ordinal) + 1;
        if (start == 0)
            return [];
        var at = Math.Clamp(position - start, 0, line.Length - start);
        var word = line[start..(start + at)].Split(' ')[^1];
        // Without the word itself, which may be a whole command already: run, of runs.
        var before = line[start..(start + at - word.Length)];
        return spar.Parse(before).GetCompletions(before.Length).Select(found => found.Label)
            .Where(label => label.StartsWith(word, StringComparison.Ordinal) && label[0] != '/');
    }
}
