using System.Security.Cryptography;
using System.Text;
using SPaR.Cli.Processes;

namespace SPaR.Cli.Postgres;

/// <summary>The operating-system user that the server runs as, and the folder that this user can reach.</summary>
/// <param name="Name">Null for the user of this process.</param>
/// <param name="Group">Its group's id.</param>
internal sealed record PostgresAccount(string? Name, string? Group, string Folder)
{
    /// <summary>The arguments with which setpriv becomes this user.</summary>
    public IReadOnlyList<string> Setpriv => Name is null ? [] : [$"--reuid={Name}", $"--regid={Group}", "--init-groups"];

    /// <summary>The command that runs a command as this user.</summary>
    public IEnumerable<string> Command(params IEnumerable<string> command) =>
        Name is null ? command : ["setpriv", .. Setpriv, "--", .. command];

    /// <summary>PostgreSQL refuses to run as root, so root runs it as <c>postgres</c> or else <c>nobody</c>. If that user
    /// cannot enter the folder (a clone under /root), the data goes to /var/lib/spar, under a name derived from the folder's path so
    /// that the next start finds it.</summary>
    public static async Task<PostgresAccount> PrepareAsync(string folder, Action<string> say, CancellationToken cancellationToken)
    {
        folder = Path.GetFullPath(folder);
        if (!Environment.IsPrivilegedProcess)
            return await new PostgresAccount(null, null, folder).CreateFolderAsync(cancellationToken);

        var (exitCode, group) = await Tool.RunAsync(["id", "-g", "postgres"], null, cancellationToken);
        var name = exitCode == 0 ? "postgres" : "nobody";
        if (exitCode != 0)
            (_, group) = await Tool.RunAsync(["id", "-g", name], null, cancellationToken);
        var account = new PostgresAccount(name, group, folder);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        (exitCode, _) = await Tool.RunAsync(account.Command("test", "-x", Path.GetDirectoryName(folder)!), null, cancellationToken);
        if (exitCode != 0)
        {
            var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
            account = account with { Folder = Path.Combine("/var/lib/spar", key) };
            say($"The user {account.Name} cannot enter {Path.GetDirectoryName(folder)}: the database is in {account.Folder} instead.");
            Directory.CreateDirectory("/var/lib/spar");
        }

        return await account.CreateFolderAsync(cancellationToken);
    }

    private async Task<PostgresAccount> CreateFolderAsync(CancellationToken cancellationToken)
    {
        IEnumerable<string> owner = Name is null ? [] : ["-o", Name];
        var (exitCode, output) = await Tool.RunAsync(["install", "-d", "-m", "700", .. owner, Folder], null, cancellationToken);
        return exitCode == 0 ? this : throw new PostgresUnavailableException($"Cannot create {Folder}: {output}");
    }
}
