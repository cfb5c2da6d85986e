using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The one owner of a native generator.</summary>
internal sealed class GeneratorHandle() : SafeHandle(0, ownsHandle: true)
{
    /// <summary>Stands for torch's default generator in calls.</summary>
    public static readonly GeneratorHandle Default = new();

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Native.st_generator_free(handle);
        return true;
    }
}
