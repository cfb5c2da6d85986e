using System.Globalization;

namespace SPaR.Benchmarks.Service;

/// <summary>Processor time and memory of the service's processes, which are all descendants of this one. Reads <c>/proc</c>.</summary>
internal static class ProcessTimes
{
    private const double TicksPerSecond = 100;

    /// <summary>Processor seconds so far by part: <c>database</c>, <c>api</c>, <c>worker</c>, <c>engine</c>.</summary>
    public static IReadOnlyDictionary<string, double> Read() => Descendants().GroupBy(p => p.Part)
        .ToDictionary(part => part.Key, part => part.Sum(p => p.Ticks) / TicksPerSecond);

    /// <summary>Forgets the most memory that the API has taken so far.</summary>
    public static void ResetApiPeak() => File.WriteAllText($"/proc/{Api()}/clear_refs", "5");

    /// <returns>The most memory that the API has taken, in bytes.</returns>
    public static long ApiPeak()
    {
        var line = File.ReadLines($"/proc/{Api()}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    private static int Api() => Descendants().Single(p => p.Part == "api").Id;

    private static List<Found> Descendants()
    {
        var all = Directory.GetDirectories("/proc").Select(Path.GetFileName).Select(name => int.TryParse(name, out var id) ? id : 0)
            .Where(id => id > 0).Select(Find).OfType<Found>().ToDictionary(p => p.Id);
        return [.. all.Values.Where(p => IsBelow(p, all))];
    }

    private static bool IsBelow(Found process, Dictionary<int, Found> all)
    {
        for (var parent = process.Parent; all.TryGetValue(parent, out var above); parent = above.Parent)
        {
            if (parent == Environment.ProcessId)
                return true;
        }

        return false;
    }

    /// <returns>Null if it has just ended.</returns>
    private static Found? Find(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name is in brackets and may contain anything.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var part = PartOf(File.ReadAllText($"/proc/{id}/cmdline"));
            // A backend that has ended counts with the server that waited for it.
            var last = part == "database" ? 15 : 13;
            var ticks = fields[11..last].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
            return new(id, int.Parse(fields[1], CultureInfo.InvariantCulture), part, ticks);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string PartOf(string command) => command.Split('\0') switch
    {
        [.., "--role", "api", ""] => "api",
        [.., "--role", "worker", ""] => "worker",
        _ when command.Contains("postgres", StringComparison.Ordinal) => "database",
        _ when command.Contains("SPaR.Host", StringComparison.Ordinal) => "engine",
        _ => "other",
    };

    private sealed record Found(int Id, int Parent, string Part, long Ticks);
}
