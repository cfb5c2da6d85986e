using SPaR.Client;

namespace SPaR.Cli.Supervision;

/// <summary>The key that commands send: the environment's <c>SPAR_KEY</c>, else the key file of this clone's service.</summary>
internal static class ServiceKey
{
    public const string Variable = "SPAR_KEY";

    /// <summary>A client of a service. The clone's key goes to the clone's service only; another address gets the environment's or
    /// none.</summary>
    /// <param name="spar">The clone; null in an installed tool.</param>
    /// <param name="url">Null for the service of this clone.</param>
    /// <exception cref="SupervisionException">No service is named.</exception>
    public static SparClient Connect(SparOptions? spar, Uri? url)
    {
        if (spar is null)
            return SparClient.Connect(
                url ?? throw new SupervisionException("Which service? Name its address with --url or in SPAR_URL."), OfEnvironment());
        var own = new Uri(spar.RunningUrl);
        return SparClient.Connect(url ?? own, url is null || url == own ? Read(spar) : spar.Key);
    }

    /// <returns>Null if the environment has no key.</returns>
    public static string? OfEnvironment() =>
        Environment.GetEnvironmentVariable(Variable)?.Trim() is { Length: > 0 } key ? key : null;

    /// <returns>Null if there is none.</returns>
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
            // The service creates it at its first start; until then its response says what to do.
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new SupervisionException(
                $"{spar.KeyFile} belongs to another user. Create your own key with ./spar keys create and set {Variable} to it.");
        }
    }
}
