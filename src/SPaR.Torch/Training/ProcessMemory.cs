using System.Globalization;

namespace SPaR.Torch.Training;

/// <summary>The memory of this process, as Linux counts it: pages in memory, of mapped files too.</summary>
internal static class ProcessMemory
{
    /// <returns>Bytes now; 0 if the system does not say.</returns>
    public static long Now => Field("VmRSS:");

    /// <returns>The most that it has been, in bytes; 0 if the system does not say.</returns>
    public static long Peak => Field("VmHWM:");

    private static long Field(string name)
    {
        const string Status = "/proc/self/status";
        var line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) : null;
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [_, var kibibytes, ..]
            ? long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024 : 0;
    }
}
