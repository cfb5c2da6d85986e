using System.Runtime.Intrinsics.X86;
using System.Runtime.Versioning;
using SPaR.Llama.Processes;

namespace SPaR.Integration.Tests.Llama.Processes;

/// <summary>The check when a worker starts, with faulty llama.cpp libraries in the program's folder.</summary>
[SupportedOSPlatform("linux")]
[Collection(ProcessEngines.OneAtATime)]
public sealed class MissingLibraryTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar libraries ");

    public MissingLibraryTests() => Copy(AppContext.BaseDirectory, _folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_copy_works_as_it_is() => await CheckAsync();

    [Theory]
    [InlineData("libllama.so")]
    [InlineData("libggml-cpu.so")]
    public async Task A_missing_library_is_named(string name)
    {
        foreach (var library in Libraries(name))
            File.Delete(library);
        (await RefusedAsync()).ShouldBeOneOf(
            [.. Libraries("libmtmd.so").Select(l => $"The llama.cpp library {Path.Combine(Path.GetDirectoryName(l)!, name)} is missing; "
                + "it comes with the package LLamaSharp.Backend. Build the program again, and copy its whole output folder.")]);
    }

    [Fact]
    public async Task A_file_that_is_no_library_is_named()
    {
        foreach (var library in Libraries("libllama.so"))
            Replace(library, "no library"u8.ToArray());
        var message = await RefusedAsync();
        message.ShouldContain("libllama.so does not load: ");
        message.ShouldContain("file too short");
    }

    /// <summary>The system's libgomp cannot be removed, so the library is made to need another name.</summary>
    [Fact]
    public async Task A_library_of_the_system_that_is_missing_is_named_with_its_package()
    {
        foreach (var library in Libraries("libggml-cpu.so"))
        {
            var bytes = File.ReadAllBytes(library);
            var at = bytes.AsSpan().IndexOf("libgomp.so.1\0"u8);
            at.ShouldBePositive();
            "libgone.so.1"u8.CopyTo(bytes.AsSpan(at));
            Replace(library, bytes);
        }
        var message = await RefusedAsync();
        message.ShouldContain("libggml-cpu.so does not load: libgone.so.1: cannot open shared object file");
        message.ShouldContain("libgomp1");
    }

    [Fact]
    public async Task Libraries_for_another_CPU_have_a_message_of_their_own()
    {
        // They load, but the process dies when it loads a model.
        Assert.SkipWhen(Avx512F.IsSupported, "This CPU has every instruction that the libraries use.");
        var wide = File.ReadAllBytes(
            Libraries("libggml-cpu.so").Single(l => Path.GetDirectoryName(l)!.EndsWith("avx512", StringComparison.Ordinal)));
        foreach (var library in Libraries("libggml-cpu.so"))
            Replace(library, wide);
        await using var engine = Engine();
        var failure = await Should.ThrowAsync<Exception>(engine.LoadAsync(TinyModel.File, default));
        failure.Message.ShouldContain("instructions that this CPU does not have");
    }

    /// <summary>Runs in that folder, as LLamaSharp also searches the current one.</summary>
    private ProcessEngine Engine() => ProcessEngines.Create(
        ["env", "-C", _folder.FullName, "dotnet", Path.Combine(_folder.FullName, "SPaR.Host.dll"), "--role", "engine"]);

    private async Task CheckAsync()
    {
        await using var engine = Engine();
        await engine.CheckAsync(default);
    }

    private async Task<string> RefusedAsync() => (await Should.ThrowAsync<NativeLibraryMissingException>(CheckAsync())).Message;

    private string[] Libraries(string name) =>
        Directory.GetFiles(Path.Combine(_folder.FullName, "runtimes", "linux-x64", "native"), name, SearchOption.AllDirectories);

    private static void Replace(string file, byte[] bytes)
    {
        File.Delete(file);
        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Links all files except our own, by which the program finds its folder.</summary>
    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from))
            if (Path.GetFileName(file).StartsWith("SPaR.", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            else
                File.CreateSymbolicLink(Path.Combine(to, Path.GetFileName(file)), file);
        foreach (var folder in Directory.GetDirectories(from))
            if (Path.GetFileName(folder) is "runtimes" or "linux-x64" or "native" || Path.GetFileName(from) == "native")
                Copy(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
            else
                Directory.CreateSymbolicLink(Path.Combine(to, Path.GetFileName(folder)), folder);
    }
}
