using System.CommandLine;
using System.CommandLine.Completions;
using SPaR.Cli.Supervision;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>Completes ids with those that the service lists first. Nothing is completed where it does not answer at once.</summary>
internal static class IdCompletion
{
    private const int Most = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static void Add(Argument argument, Resource resource) => argument.CompletionSources.Add(_ => Suggest(resource));

    internal static async Task<IReadOnlyList<CompletionItem>> IdsAsync(
        SparClient client, Resource resource, CancellationToken cancellationToken) =>
        await resource.List(client, Most, cancellationToken).Take(Most).Select(row => new CompletionItem($"{Session.Fields(row)["id"]}"))
            .ToListAsync(cancellationToken);

    private static IReadOnlyList<CompletionItem> Suggest(Resource resource)
    {
        using var stop = new CancellationTokenSource(Patience);
        try
        {
            using var client = ServiceKey.Connect(SparOptions.IfInClone(), ServiceCommand.OfEnvironment());
            return IdsAsync(client, resource, stop.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is HttpRequestException or SparApiException or OperationCanceledException or SupervisionException)
        {
            return [];
        }
    }
}
