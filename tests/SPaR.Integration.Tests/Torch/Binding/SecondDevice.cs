using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Binding;

/// <summary>The device of device.cpp: computes as the processor does, and refuses what was left there. torch counts devices at the first
/// backward of a process, so that it has to be there before.</summary>
internal static class SecondDevice
{
    private static readonly Lazy<nint> Library = new(Build);

    public static Device Here => new((DeviceType)DeviceType(), 0);

    /// <summary>How many operations have run there in this process.</summary>
    public static long Operations => Function<Counter>("operations")();

    private static int DeviceType() => Function<Number>("device_type")();

    private static T Function<T>(string name) => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(Library.Value, name));

    private static nint Build()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Torch", "Binding", "device.cpp");
        var library = Path.Combine(Directory.CreateTempSubdirectory("spar device ").FullName, "libdevice.so");
        using var compiler = Process.Start(new ProcessStartInfo("g++", [
            "-std=c++17", "-O1", "-fPIC", "-shared", source, "-o", library, "-Wl,--no-as-needed", "-ltorch_cpu", "-lc10"]))!;
        compiler.WaitForExit();
        compiler.ExitCode.ShouldBe(0, "g++ has said why");
        // torch itself first, with the binding's settings.
        set_num_threads(1);
        var loaded = NativeLibrary.Load(library);
        Directory.Delete(Path.GetDirectoryName(library)!, recursive: true);
        return loaded;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Number();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate long Counter();
}
