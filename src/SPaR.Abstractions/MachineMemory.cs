using System.Globalization;

namespace SPaR.Llama.Memory;

/// <summary>How much memory this process may still take: what Linux has available or what the limits of the process's control group and its
/// parents leave, whichever is least.</summary>
/// <param name="root">The root of the file system; a test gives another.</param>
internal sealed class MachineMemory(string root = "/")
{
    /// <returns>Bytes, and what sets the limit; null if the system reports neither.</returns>
    public (long Bytes, string Source)? Free()
    {
        var available = Available();
        var group = GroupLimits().Select(g => (Bytes: g.Limit - g.Used, Source: "the control group's memory limit")).ToArray();
        var bounds = available is { } bytes ? [.. group, (bytes, "the machine's memory")] : group;
        return bounds.Length == 0 ? null : bounds.MinBy(b => b.Bytes);
    }

    private long? Available()
    {
        var line = Lines("proc/meminfo").FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..] ? Number(kibibytes) * 1024 : null;
    }

    private IEnumerable<(long Limit, long Used)> GroupLimits()
    {
        foreach (var line in Lines("proc/self/cgroup"))
        {
            if (line.Split(':', 3) is not [_, var controllers, var group])
                continue;
            var (folder, limit, used, cache) = controllers switch
            {
                "" => ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
                "memory" => ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
                _ => default,
            };
            if (folder is null)
                continue;
            // A group's limit applies to all groups below it. In a container the path may not exist; the root is then its own group.
            var parts = group.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (var depth = parts.Length; depth >= 0; depth--)
            {
                var at = Path.Combine([folder, .. parts[..depth]]);
                if (Number(Lines($"{at}/{limit}").FirstOrDefault()) is { } most
                    && Number(Lines($"{at}/{used}").FirstOrDefault()) is { } now)
                    yield return (most, now - Reclaimable($"{at}/memory.stat", cache));
            }
        }
    }

    /// <summary>Cached file pages, which the kernel frees on demand.</summary>
    private long Reclaimable(string stat, string name) =>
        Lines(stat).Select(l => l.Split(' ')).Where(p => p[0] == name).Select(p => Number(p[1])).FirstOrDefault() ?? 0;

    private string[] Lines(string path) => File.Exists(Path.Combine(root, path)) ? File.ReadAllLines(Path.Combine(root, path)) : [];

    /// <returns>Null for <c>max</c>, and for the huge number that means the same.</returns>
    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << 60 ? number : null;
}
