using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Interop;

/// <summary>Loads the shim, and libtorch with it, once, with the thread settings that libtorch and OpenBLAS read at load.</summary>
internal static partial class LibraryLoader
{
    private static readonly Lazy<nint> Loaded = new(Load);

    public static nint Handle => Loaded.Value;

    private static nint Load()
    {
        SetThreads();
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
    /// threads sleep. OpenBLAS up to 0.3.21 does not know newer processors and takes AVX2 code where AVX-512 would do. What the user has
    /// set stays. Native code does not see .NET's environment, hence libc's setenv.</summary>
    private static void SetThreads()
    {
        setenv("OPENBLAS_NUM_THREADS", "1", 0);
        setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
        if (Avx512F.IsSupported)
            setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
