using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The one owner of a native tensor. Counts the living.</summary>
internal sealed class TensorHandle() : SafeHandle(0, ownsHandle: true)
{
    private static long _made;
    private static long _gone;
    private static long _peak;

    /// <summary>A handle that never became a tensor was not counted, and must not be taken back.</summary>
    private bool _counted;

    /// <summary>Ever.</summary>
    public static long Made => Interlocked.Read(ref _made);

    public static long Live => Made - Interlocked.Read(ref _gone);

    public static long Peak => Interlocked.Read(ref _peak);

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes over a pointer that the native side has handed out in an array.</summary>
    public static TensorHandle Own(nint pointer)
    {
        var owner = new TensorHandle();
        owner.SetHandle(pointer);
        return owner;
    }

    /// <summary>Counts this handle as a living tensor; <see cref="ReleaseHandle"/> takes it back.</summary>
    public TensorHandle Count()
    {
        _counted = true;
        var live = Interlocked.Increment(ref _made) - Interlocked.Read(ref _gone);
        long peak;
        while (live > (peak = Interlocked.Read(ref _peak)) && Interlocked.CompareExchange(ref _peak, live, peak) != peak) ;
        return this;
    }

    protected override bool ReleaseHandle()
    {
        Native.st_free(handle);
        if (_counted)
            Interlocked.Increment(ref _gone);
        return true;
    }
}
