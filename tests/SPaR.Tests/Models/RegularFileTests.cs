using System.Diagnostics;
using SPaR.Gguf;

namespace SPaR.Tests.Models;

public sealed class RegularFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    [Fact]
    public void A_file_is_read()
    {
        File.WriteAllText(PathOf("file"), "text");
        using var stream = RegularFile.OpenRead(PathOf("file"));
        stream.Length.ShouldBe(4);
        new StreamReader(stream).ReadToEnd().ShouldBe("text");
    }

    [Fact]
    public void A_link_to_a_file_is_followed()
    {
        File.WriteAllText(PathOf("file"), "text");
        File.CreateSymbolicLink(PathOf("link"), PathOf("file"));
        using var stream = RegularFile.OpenRead(PathOf("link"));
        stream.Length.ShouldBe(4);
    }

    /// <summary>Opening it waited for a writer, for ever.</summary>
    [Fact]
    public void A_fifo_is_refused_at_once()
    {
        using (var made = Process.Start("mkfifo", [PathOf("fifo")]))
            made.WaitForExit();
        Refused(PathOf("fifo"));
        Should.Throw<ModelRejectedException>(() => GgufReader.Read(PathOf("fifo"))).Code.ShouldBe("not-a-regular-file");
    }

    [Fact]
    public void A_directory_and_a_device_are_refused()
    {
        Refused(_folder.FullName);
        Refused("/dev/zero");
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        Should.Throw<FileNotFoundException>(() => RegularFile.OpenRead(PathOf("none"))).FileName.ShouldBe(PathOf("none"));
        Should.Throw<FileNotFoundException>(() => RegularFile.OpenRead("/etc/passwd/none"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Refused(string path)
    {
        var e = Should.Throw<ModelRejectedException>(() => RegularFile.OpenRead(path));
        e.Code.ShouldBe("not-a-regular-file");
        e.Message.ShouldContain(path);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
