using System.Buffers.Binary;
using System.Text;

namespace SPaR.Torch.Native;

/// <summary>Reads the tables of an ELF shared library for x86-64. Does not know what its sections mean.</summary>
internal sealed class Elf
{
    private readonly byte[] _bytes;

    /// <param name="bytes">The file, or its beginning where only <see cref="LoadedLength"/> is asked for.</param>
    /// <exception cref="InvalidDataException">The bytes are not such a library. Messages call the file "it", so that callers can put
    /// its path in front.</exception>
    public Elf(byte[] bytes)
    {
        const int HeaderLength = 64, SharedLibrary = 3, X64 = 62;
        // After the letters, 2 means 64 bits and 1 little-endian.
        if (bytes.Length < HeaderLength || !bytes.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("it is not a 64-bit little-endian ELF file");
        _bytes = bytes;
        if (U16(16) != SharedLibrary || U16(18) != X64)
            throw new InvalidDataException("it is not a shared library for x86-64");
    }

    /// <summary>How long the file must be to hold every segment that is mapped from it.</summary>
    public long LoadedLength
    {
        get
        {
            const int Load = 1;
            return Table(U64(32), U16(54), U16(56)).Where(at => U32(at) == Load)
                .Select(at => U64(at + 8) + U64(at + 32)).DefaultIfEmpty().Max();
        }
    }

    public IReadOnlyList<Section> Sections() => [.. Table(U64(40), U16(58), U16(60))
        .Select(at => new Section((uint)U32(at + 4), U64(at + 24), U64(at + 32), (int)U32(at + 40)))];

    public ushort U16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(At(offset, sizeof(ushort)));

    public long U32(long offset) => BinaryPrimitives.ReadUInt32LittleEndian(At(offset, sizeof(uint)));

    /// <summary>A zero-terminated string in a string table.</summary>
    public string Text(Section table, long index)
    {
        var rest = At(table.Offset + index, table.Size - index);
        var end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.ASCII.GetString(rest[..end]) : throw new InvalidDataException("it contains a string without an end");
    }

    private static IEnumerable<long> Table(long offset, int length, int count) =>
        Enumerable.Range(0, count).Select(i => offset + (long)i * length);

    private long U64(long offset) => BinaryPrimitives.ReadInt64LittleEndian(At(offset, sizeof(long)));

    private ReadOnlySpan<byte> At(long offset, long length) =>
        offset >= 0 && length >= 0 && offset <= _bytes.Length - length
            ? _bytes.AsSpan((int)offset, (int)length)
            : throw new InvalidDataException($"it ends after {_bytes.Length} bytes, before what its tables describe");

    /// <param name="Link">The index of the section that this one refers to.</param>
    internal readonly record struct Section(uint Type, long Offset, long Size, int Link);
}
