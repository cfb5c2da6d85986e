namespace SPaR.Torch.Native;

/// <summary>Makes a library load on a system whose libstdc++ is older than GCC 13's. libLibTorchSharp.so requires the version
/// GLIBCXX_3.4.32 only for a marker symbol that nothing calls. Marking the requirement as weak makes the dynamic linker ignore
/// it.</summary>
internal static class WeakVersion
{
    public const string Version = "GLIBCXX_3.4.32", Marker = "_ZSt21ios_base_library_initv";

    /// <summary>VER_FLG_WEAK.</summary>
    public const byte Flag = 2;

    private const uint Relocations = 4, DynamicSymbols = 11, VersionNeeds = 0x6ffffffe, SymbolVersions = 0x6fffffff;
    private const string Library = "libstdc++.so.6";

    /// <summary>Sets the flag in the file, unless it is set already. The changed file replaces the old one atomically, so that processes
    /// starting at the same time see one or the other; hard links to the old file keep the old content. Time and mode are kept, so that
    /// the next build has nothing to copy.</summary>
    /// <exception cref="InvalidDataException">The library does not need the version only for the marker.</exception>
    /// <exception cref="IOException">The file cannot be read or replaced.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read or replace the file.</exception>
    public static void Set(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var flags = FlagsOffset(bytes);
        if ((bytes[flags] & Flag) != 0)
            return;
        bytes[flags] |= Flag;
        var original = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        var temporary = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (var stream = File.Create(temporary))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(original));
            File.SetLastWriteTimeUtc(temporary, File.GetLastWriteTimeUtc(original));
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <returns>The offset of the requirement's flags (the low byte of <c>vna_flags</c>).</returns>
    /// <exception cref="InvalidDataException">The library does not require the version, or not only for the marker.</exception>
    public static int FlagsOffset(byte[] bytes)
    {
        var elf = new Elf(bytes);
        var sections = elf.Sections();
        var requirement = RequirementIn(elf, sections);
        var markers = MarkersIn(elf, sections, elf.U16(requirement + 6));
        foreach (var section in sections.Where(s => s.Type == Relocations))
            for (var at = section.Offset; at < section.Offset + section.Size; at += 24)
                if (markers.Contains(elf.U32(at + 12)))
                    throw new InvalidDataException($"one of its relocations uses {Marker}, which should be unused");
        return (int)requirement + 4;
    }

    /// <returns>The offset of the version's Vernaux entry.</returns>
    private static long RequirementIn(Elf elf, IReadOnlyList<Elf.Section> sections)
    {
        var section = Only(sections, VersionNeeds);
        var names = sections[section.Link];
        for (var need = section.Offset; ; need += elf.U32(need + 12))
        {
            if (elf.Text(names, elf.U32(need + 4)) == Library)
                for (var entry = need + elf.U32(need + 8); ; entry += elf.U32(entry + 12))
                {
                    if (elf.Text(names, elf.U32(entry + 8)) == Version)
                        return entry;
                    if (elf.U32(entry + 12) == 0)
                        break;
                }
            if (elf.U32(need + 12) == 0)
                throw new InvalidDataException($"it does not require {Version} of {Library}");
        }
    }

    /// <returns>The indices of the version's symbols, which must all be the marker.</returns>
    private static HashSet<long> MarkersIn(Elf elf, IReadOnlyList<Elf.Section> sections, ushort version)
    {
        const int Hidden = 0x8000, SymbolLength = 24;
        var (versions, symbols) = (Only(sections, SymbolVersions), Only(sections, DynamicSymbols));
        var names = sections[symbols.Link];
        var found = new HashSet<long>();
        for (long i = 0; i < versions.Size / sizeof(ushort); i++)
            if ((elf.U16(versions.Offset + i * sizeof(ushort)) & ~Hidden) == version)
            {
                var name = elf.Text(names, elf.U32(symbols.Offset + i * SymbolLength));
                found.Add(name == Marker ? i : throw new InvalidDataException($"its symbol {name} needs {Version} too"));
            }
        return found;
    }

    private static Elf.Section Only(IReadOnlyList<Elf.Section> sections, uint type) =>
        sections.Where(s => s.Type == type).ToArray() is [var only] && only.Link < sections.Count
            ? only
            : throw new InvalidDataException("it has no tables of symbol versions");
}
