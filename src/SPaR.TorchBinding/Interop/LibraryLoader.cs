using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Interop;

/// <summary>Loads the shim, and libtorch with it, once, with the settings that libtorch and OpenBLAS read at load.</summary>
internal static partial class LibraryLoader
{
    private static readonly Lazy<nint> Loaded = new(Load);

    public static nint Handle => Loaded.Value;

    private static nint Load()
    {
        SetThreads();
        SetKernels();
        KeepMemory();
        var path = Path.Combine(AppContext.BaseDirectory, "natives", "torch", "libspartorch.so");
        if (!File.Exists(path))
            throw new DllNotFoundException(
                $"{path} is missing: run ./spar setup, which builds the binding to libtorch and then all that uses it.");
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException broken)
        {
            throw new DllNotFoundException(
                $"{path} cannot be loaded: {broken.Message} " +
                "If libtorch has changed or gone, ./spar setup builds the binding anew.", broken);
        }
    }

    /// <summary>Torch and OpenBLAS have a thread pool each, and together they choke a small machine: OpenBLAS gets one thread, waiting
    /// threads sleep. Native code does not see .NET's environment, hence libc's setenv.</summary>
    private static void SetThreads()
    {
        setenv("OPENBLAS_NUM_THREADS", "1", 0);
        setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    }

    /// <summary>OpenBLAS up to 0.3.21 does not know newer processors, and torch 1.13 prefers AVX2: both have AVX-512 code that is up to
    /// twice as fast. An OPENBLAS_CORETYPE in the environment was set for other programs, so ours has a name of its own.</summary>
    private static void SetKernels()
    {
        var avx512 = Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported;
        if (Environment.GetEnvironmentVariable("SPAR_OPENBLAS_CORETYPE") is { Length: > 0 } chosen)
            setenv("OPENBLAS_CORETYPE", chosen, 1);
        else if (avx512)
            setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 1);
        if (avx512)
            setenv("ATEN_CPU_CAPABILITY", "avx512", 0);
    }

    /// <summary>A step makes and frees hundreds of megabytes. glibc would give them back to the system each time, which would clear
    /// every page again; told to keep them, it takes a tenth off a step. Other C libraries have no such call.</summary>
    private static void KeepMemory()
    {
        if (!NativeLibrary.TryLoad("libc.so.6", out var libc) || !NativeLibrary.TryGetExport(libc, "mallopt", out _))
            return;
        const int TrimThreshold = -1, TopPad = -2, MapMax = -4, ArenaMax = -8;
        mallopt(MapMax, 0);
        mallopt(TrimThreshold, int.MaxValue);
        mallopt(TopPad, 1 << 26);
        mallopt(ArenaMax, 1);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
