using System.Diagnostics;
using SPaR.Integration.Tests.Torch.Training;
using SPaR.Torch.Native;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Native;

/// <summary>The real libraries, and the message of a trainer that lacks one.</summary>
[Collection(TorchCollection.Name)]
public sealed class LibtorchTests : IDisposable
{
    private const string Cpu = "libtorch_cpu.so", Binding = "libLibTorchSharp.so";

    // On the file system of the tests' folder, where hard links to its files are possible.
    private readonly string _copy = Directory.CreateDirectory(
        $"{Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)}-{Path.GetRandomFileName()}").FullName;

    public void Dispose() => Directory.Delete(_copy, recursive: true);

    [Fact]
    public void Loaded_it_multiplies()
    {
        Libtorch.Load();

        using var scope = NewDisposeScope();
        tensor([1f, 2, 3, 4], [2, 2]).mm(tensor([5f, 6, 7, 8], [2, 2])).data<float>().ToArray().ShouldBe([19f, 22, 43, 50]);
    }

    [Fact]
    public void The_release_that_is_expected_is_TorchSharps() => __version__.ShouldStartWith(Libtorch.Release + ".");

    [Theory]
    [InlineData(Binding, "is missing")]
    [InlineData(Cpu, "is missing")]
    [InlineData("libc10.so", "libc10.so: cannot open shared object file")]
    [InlineData("libtorch.so", "libtorch.so: cannot open shared object file")]
    public async Task A_trainer_without_a_library_names_it_and_what_to_do(string name, string said)
    {
        await CopyAsync();
        File.Delete(Path.Combine(_copy, name));

        (await RefusalAsync()).ShouldContain(said);
    }

    [Theory]
    [InlineData(Cpu)]
    [InlineData("libc10.so")]
    [InlineData(Binding)]
    public async Task A_trainer_with_half_a_library_names_it_and_what_to_do(string name)
    {
        await CopyAsync();
        var path = Path.Combine(_copy, name);
        var half = await FirstAsync(path, new FileInfo(path).Length / 2);
        File.Delete(path);
        await File.WriteAllBytesAsync(path, half, TestContext.Current.CancellationToken);

        (await RefusalAsync()).ShouldContain($"{path} is not the library from the package: it has {half.Length} bytes");
    }

    private async Task CopyAsync()
    {
        using var process = Process.Start("cp", ["-rlT", AppContext.BaseDirectory, _copy]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0);
    }

    private static async Task<byte[]> FirstAsync(string path, long length)
    {
        var bytes = new byte[length];
        await using var file = File.OpenRead(path);
        await file.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    /// <returns>The message in the trainer's failure file.</returns>
    private async Task<string> RefusalAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_copy, "run")).FullName;
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(_copy, "SPaR.Host.dll"), "--role", "trainer", "--folder", folder])
        { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(1);
        var failure = TrainingFolders.Failure(folder);
        ((string)failure["code"]!).ShouldBe("native-missing");
        var message = (string)failure["message"]!;
        return message;
    }
}
