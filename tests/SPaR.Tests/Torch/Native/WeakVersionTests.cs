using System.Buffers.Binary;
using System.Diagnostics;
using SPaR.Torch.Native;

namespace SPaR.Tests.Torch.Native;

/// <summary>The change to TorchSharp's library for systems with an older libstdc++, made on copies of the package's file.</summary>
public sealed class WeakVersionTests : IDisposable
{
    private static readonly byte[] Original = Read();

    private readonly string _folder = Directory.CreateTempSubdirectory("spar-weak-version-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Only_the_flag_of_the_requirement_changes()
    {
        var path = Write("library.so", Original);

        WeakVersion.Set(path);

        var changed = File.ReadAllBytes(path);
        changed.Length.ShouldBe(Original.Length);
        var at = Enumerable.Range(0, changed.Length).Where(i => changed[i] != Original[i]).ShouldHaveSingleItem();
        (Original[at], changed[at]).ShouldBe(((byte)0, (byte)2));
        // vna_flags follows vna_hash, which is the hash of the version's name.
        BinaryPrimitives.ReadUInt32LittleEndian(changed.AsSpan(at - 4)).ShouldBe(HashOf("GLIBCXX_3.4.32"));
    }

    [Fact]
    public void The_time_and_the_mode_of_the_file_stay()
    {
        var path = Write("library.so", Original);
        var time = new DateTime(2026, 2, 13, 1, 2, 3, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, Mode);

        WeakVersion.Set(path);

        File.GetLastWriteTimeUtc(path).ShouldBe(time);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(path).ShouldBe(Mode);
    }

    [Fact]
    public void A_file_with_the_flag_is_left_as_it_is()
    {
        var path = Write("library.so", Original);
        WeakVersion.Set(path);
        var reader = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

        WeakVersion.Set(path);

        // A change through the name is seen by the reader while the name still refers to the reader's file.
        using (reader)
        {
            using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                writer.SetLength(1);
            reader.Length.ShouldBe(1);
        }
    }

    [Theory]
    [InlineData("-f")]
    [InlineData("-sf")]
    public async Task A_linked_file_is_replaced_and_the_other_one_keeps_its_bytes(string option)
    {
        var (cached, path) = (Write("cached.so", Original), Path.Combine(_folder, "output.so"));
        using (var link = Process.Start("ln", [option, cached, path]))
            await link.WaitForExitAsync(TestContext.Current.CancellationToken);

        WeakVersion.Set(path);

        File.ReadAllBytes(cached).ShouldBe(Original);
        File.ReadAllBytes(path).ShouldNotBe(Original);
        new FileInfo(path).LinkTarget.ShouldBeNull();
        File.GetLastWriteTimeUtc(path).ShouldBe(File.GetLastWriteTimeUtc(cached));
    }

    [Fact]
    public void Many_at_the_same_time_leave_one_whole_file()
    {
        var path = Write("library.so", Original);

        Parallel.For(0, 16, _ => WeakVersion.Set(path));

        File.ReadAllBytes(path)[WeakVersion.FlagsOffset(Original)].ShouldBe(WeakVersion.Flag);
        Directory.GetFiles(_folder).ShouldBe([path]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(64)]
    [InlineData(0x3f900)]
    [InlineData(-64)]
    public void A_truncated_file_is_refused_and_stays(int length)
    {
        var part = length < 0 ? Original[..^-length] : Original[..length];
        var path = Write("library.so", part);

        Should.Throw<InvalidDataException>(() => WeakVersion.Set(path));

        File.ReadAllBytes(path).ShouldBe(part);
    }

    [Fact]
    public void A_file_that_is_not_a_library_for_this_processor_is_refused()
    {
        Refusal(_ => { }, new byte[200]).ShouldBe("it is not a 64-bit little-endian ELF file");
        Refusal(bytes => bytes[4] = 1).ShouldBe("it is not a 64-bit little-endian ELF file");
        Refusal(bytes => bytes[16] = 2).ShouldBe("it is not a shared library for x86-64");
        Refusal(bytes => bytes[18] = 183).ShouldBe("it is not a shared library for x86-64");
    }

    [Fact]
    public void A_library_without_the_requirement_is_refused() =>
        Refusal(bytes => bytes[bytes.AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) + 13] = (byte)'9')
            .ShouldBe("it does not require GLIBCXX_3.4.32 of libstdc++.so.6");

    [Fact]
    public void A_library_that_needs_the_version_for_another_symbol_is_refused() =>
        Refusal(bytes =>
        {
            var version = bytes[WeakVersion.FlagsOffset(bytes) + 2];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan((int)SectionOf(bytes, 0x6fffffff).Offset + 2 * 7), version);
        }).ShouldMatch(@"^its symbol \w+ needs GLIBCXX_3\.4\.32 too$");

    [Fact]
    public void A_library_that_uses_the_marker_is_refused() =>
        Refusal(bytes => BinaryPrimitives.WriteUInt32LittleEndian(
            bytes.AsSpan((int)SectionOf(bytes, 4).Offset + 12), MarkerIn(bytes)))
            .ShouldContain("_ZSt21ios_base_library_initv");

    /// <summary>The package's bytes, even if the file in the tests' folder has been adapted already.</summary>
    private static byte[] Read()
    {
        var bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));
        bytes[WeakVersion.FlagsOffset(bytes)] = 0;
        return bytes;
    }

    private static string Refusal(Action<byte[]> damage, byte[]? of = null)
    {
        var bytes = (of ?? Original).ToArray();
        damage(bytes);
        return Should.Throw<InvalidDataException>(() => WeakVersion.FlagsOffset(bytes)).Message;
    }

    private static Elf.Section SectionOf(byte[] bytes, uint type) => new Elf(bytes).Sections().First(s => s.Type == type);

    private static uint MarkerIn(byte[] bytes)
    {
        var (elf, symbols) = (new Elf(bytes), SectionOf(bytes, 11));
        var names = elf.Sections()[symbols.Link];
        return (uint)Enumerable.Range(0, (int)symbols.Size / 24)
            .Single(i => elf.Text(names, elf.U32(symbols.Offset + i * 24)) == "_ZSt21ios_base_library_initv");
    }

    /// <summary>The ELF standard's hash of a name.</summary>
    private static uint HashOf(string name)
    {
        uint hash = 0;
        foreach (var letter in name)
        {
            hash = (hash << 4) + letter;
            var high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
