using System.Text;

namespace SPaR.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-durable-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_is_replaced_and_no_temporary_file_is_left()
    {
        var path = Path.Combine(_folder, "a");
        File.WriteAllText(path, "old, and longer than the new one");
        // Left by a process that was killed while it wrote.
        File.WriteAllText(path + ".writing", "half of something, and longer than the new one too");

        DurableFile.Write(path, s => s.Write(Encoding.UTF8.GetBytes("new")));

        File.ReadAllText(path).ShouldBe("new");
        Directory.GetFiles(_folder).ShouldBe([path]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_write_that_fails_half_way_leaves_what_was_there(bool existed)
    {
        var path = Path.Combine(_folder, "a");
        if (existed)
            File.WriteAllText(path, "old");

        Should.Throw<IOException>(() => DurableFile.Write(path, s =>
        {
            s.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        })).Message.ShouldBe("No space left on device");

        Directory.GetFiles(_folder).ShouldBe(existed ? [path] : []);
        if (existed)
            File.ReadAllText(path).ShouldBe("old");
    }

    [Fact]
    public void A_failed_rename_leaves_no_temporary_file()
    {
        var path = Directory.CreateDirectory(Path.Combine(_folder, "taken")).FullName;
        File.WriteAllText(Path.Combine(path, "inside"), "old");

        Should.Throw<Exception>(() => DurableFile.Write(path, s => s.WriteByte(1))).ShouldBeAssignableTo<IOException>();

        Directory.GetFileSystemEntries(_folder).ShouldBe([path]);
        File.ReadAllText(Path.Combine(path, "inside")).ShouldBe("old");
    }

    [Fact]
    public void A_folder_that_is_gone_is_named()
    {
        var gone = Path.Combine(_folder, "gone");
        var message = Should.Throw<IOException>(() => DurableFile.FlushFolder(gone)).Message;
        message.ShouldContain(gone);
        message.ShouldContain("No such file or directory");
        DurableFile.FlushFolder(_folder);
    }
}
