using SPaR.Cli.Client;

namespace SPaR.Cli.Supervision;

/// <summary>The key that commands send: <c>SPAR_KEY</c> of the environment, else the one that the service of this clone keeps for its
/// owner.</summary>
internal static class ServiceKey
{
    public const string Variable = "SPAR_KEY";

    /// <summary>A client of a service. The clone's key is sent to the clone's service only: to another address, whose it may be, none but
    /// that of the environment.</summary>
    /// <param name="url">Null: the service of this clone.</param>
    public static HttpClient Connect(SparOptions spar, Uri? url)
    {
        var own = new Uri(spar.RunningUrl);
        return SparClient.Connect(url ?? own, url is null || url == own ? Read(spar) : spar.Key);
    }

    /// <returns>Null where there is none.</returns>
    public static string? Read(SparOptions spar)
    {
        if (spar.Key is { } given)
            return given;
        try
        {
            return File.ReadAllText(spar.KeyFile).Trim() is { Length: > 0 } kept ? kept : null;
        }
        catch (FileNotFoundException)
        {
            // It is made when the service first starts; until then a request says what to do.
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new SupervisionException(
                $"{spar.KeyFile} belongs to another user. Make a key of your own with ./spar keys create and set it as {Variable}.");
        }
    }
}
