using System.Globalization;

namespace SPaR.Llama.Memory;

/// <summary>How much memory this process may still take: what Linux has available, or what is left of a limit on the process's control
/// group or one above it, whichever is less.</summary>
/// <param name="root">The root of the file system; another one in tests.</param>
internal sealed class MachineMemory(string root = "/")
{
    /// <returns>Bytes, and what sets the bound; null where the machine does not say.</returns>
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
            // The limit of a group holds for all below it. In a container the path may lead nowhere: then its own group is the root.
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

    /// <summary>Pages of files that the kernel drops when memory is asked for.</summary>
    private long Reclaimable(string stat, string name) =>
        Lines(stat).Select(l => l.Split(' ')).Where(p => p[0] == name).Select(p => Number(p[1])).FirstOrDefault() ?? 0;

    private string[] Lines(string path) => File.Exists(Path.Combine(root, path)) ? File.ReadAllLines(Path.Combine(root, path)) : [];

    /// <returns>Null for <c>max</c>, and for the number that stands for it.</returns>
    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << 60 ? number : null;
}
