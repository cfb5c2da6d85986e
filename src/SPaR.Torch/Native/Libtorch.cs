using System.Runtime.InteropServices;

namespace SPaR.Torch.Native;

/// <summary>Loads libtorch. Must run before any call of TorchSharp, whose own loader reports every problem as a missing package.</summary>
internal static class Libtorch
{
    /// <summary>The release that TorchSharp was built for. A constant, because TorchSharp cannot report it before it is loaded.</summary>
    public const string Release = "2.10.0";

    private const string Cpu = "libtorch_cpu.so", Binding = "libLibTorchSharp.so";
    private const string Rebuild = "Build or publish SPaR again, and copy its whole output folder.";

    private static readonly Lazy<bool> Loaded = new(() =>
    {
        LoadFrom(AppContext.BaseDirectory);
        return true;
    });

    /// <summary>Loads the libraries once per process; later calls have the same outcome.</summary>
    /// <exception cref="NativeLibraryMissingException">A library is missing or broken, or this machine cannot run it.</exception>
    public static void Load() => _ = Loaded.Value;

    /// <summary>Checks what can be checked without loading, and adapts the files to this system.</summary>
    /// <exception cref="NativeLibraryMissingException">A library is missing or broken, or this machine cannot run it.</exception>
    public static void Prepare(string folder)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new NativeLibraryMissingException(
                $"Training needs Linux on x86-64; this is {RuntimeInformation.RuntimeIdentifier}. "
                + "Run the worker on another machine, or set Training:Command to another trainer.");
        foreach (var name in new[] { Binding, Cpu })
            if (!File.Exists(Path.Combine(folder, name)))
                throw new NativeLibraryMissingException($"{Path.Combine(folder, name)} is missing. {Rebuild}");
        foreach (var path in new[] { Binding, "libtorch*.so", "libc10*.so" }.SelectMany(pattern => Directory.GetFiles(folder, pattern)))
            CheckWhole(path);
        if (!NativeLibrary.TryGetExport(Open("libstdc++.so.6", "Install the package libstdc++6."), WeakVersion.Marker, out _))
            Adapt(Path.Combine(folder, Binding));
    }

    private static void LoadFrom(string folder)
    {
        Prepare(folder);
        // libgomp reads this while it loads, from libc's environment, which is not .NET's. It makes waiting threads sleep; otherwise they
        // would spin and take the processors from the threads that compute.
        _ = SetVariable("OMP_WAIT_POLICY", "PASSIVE", 0);
        var cpu = Path.Combine(folder, Cpu);
        CheckVersion(cpu, Open(cpu, Rebuild));
        Open(Path.Combine(folder, Binding), Rebuild);
    }

    /// <summary>Refuses a file that was copied only in part: touching the missing part would kill the process.</summary>
    private static void CheckWhole(string path)
    {
        const int Headers = 4096;
        try
        {
            using var file = File.OpenRead(path);
            var beginning = new byte[Math.Min(Headers, file.Length)];
            file.ReadExactly(beginning);
            if (new Elf(beginning).LoadedLength is var needed && file.Length < needed)
                throw new InvalidDataException($"it has {file.Length} bytes of at least {needed}");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new NativeLibraryMissingException($"{path} is not the library from the package: {e.Message.TrimEnd('.')}. {Rebuild}", e);
        }
    }

    private static void Adapt(string path)
    {
        const string Why = $"This system's libstdc++ lacks {WeakVersion.Version}, which comes with GCC 13";
        const string Else = "use a system that has it, such as Debian 13 or Ubuntu 24.04.";
        try
        {
            WeakVersion.Set(path);
        }
        catch (InvalidDataException e)
        {
            throw new NativeLibraryMissingException(
                $"{Why}, and {path} cannot be adapted: {e.Message}. It must be the file of the package TorchSharp. {Rebuild} Or {Else}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NativeLibraryMissingException(
                $"{Why}, and {path} cannot be adapted: {e.Message} Start a worker once as a user who may write there, or {Else}", e);
        }
    }

    /// <summary>TorchSharp calls libtorch by C++ names, which match only the release that it was built for.</summary>
    private static void CheckVersion(string path, nint library)
    {
        var found = NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out var function)
            ? VersionText(Marshal.GetDelegateForFunctionPointer<AbiVersion>(function)())
            : "another release";
        if (found != Release)
            throw new NativeLibraryMissingException($"{path} is libtorch {found}, but {Release} is required. {Rebuild}");
    }

    /// <summary>Its four highest bytes are major, minor, patch and tweak.</summary>
    private static string VersionText(ulong version) => $"{version >> 56}.{version >> 48 & 255}.{version >> 40 & 255}";

    private static nint Open(string path, string action)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // .NET's advice comes first, the dynamic linker's reason last.
            var reason = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
            throw new NativeLibraryMissingException($"{path} cannot be loaded: {reason}. {action}", e);
        }
    }

    private delegate ulong AbiVersion();

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
