using System.Text;

namespace SPaR.Llama.Processes;

/// <summary>Passes on what a process writes to standard error, and keeps the end of it: native code writes there why it aborts.</summary>
/// <param name="from">The standard error of the process.</param>
/// <param name="to">Gets all of it, unchanged.</param>
internal sealed class LastWords(Stream from, Stream to)
{
    private const int Kept = 1 << 14, Lines = 8, LongestLine = 500;

    /// <summary>The line that a dying process starts with: of ggml, of the C++ runtime, of .NET.</summary>
    private static readonly string[] Starts = ["GGML_ASSERT", "GGML_ABORT", "ggml_abort", "terminate called", "Fatal error."];

    private readonly byte[] _kept = new byte[Kept];
    private int _length;

    /// <summary>Reads until the process has closed its end.</summary>
    public void Read()
    {
        var buffer = new byte[Kept];
        while (from.Read(buffer) is > 0 and var read)
        {
            to.Write(buffer.AsSpan(0, read));
            Keep(buffer.AsSpan(0, read));
        }
    }

    /// <summary>The last lines, from the one that says why the process ends, if there is one. Call this after <see cref="Read"/> has
    /// returned.</summary>
    public override string ToString()
    {
        string[] lines = [.. Encoding.UTF8.GetString(_kept, 0, _length).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)];
        var start = Array.FindIndex(lines, l => Starts.Any(s => l.Contains(s, StringComparison.Ordinal)));
        var last = start >= 0 ? lines.Skip(start).Take(Lines) : lines.TakeLast(Lines);
        return string.Join('\n', last.Select(l => l.Length > LongestLine ? l[..LongestLine] + "…" : l));
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var dropped = Math.Max(0, _length + bytes.Length - Kept);
        _kept.AsSpan(dropped, _length - dropped).CopyTo(_kept);
        _length -= dropped;
        bytes.CopyTo(_kept.AsSpan(_length));
        _length += bytes.Length;
    }
}
