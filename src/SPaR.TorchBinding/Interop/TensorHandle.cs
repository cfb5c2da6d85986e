using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The one owner of a native tensor. Counts the living.</summary>
internal sealed class TensorHandle() : SafeHandle(0, ownsHandle: true)
{
    private static long _live;
    private static long _peak;

    /// <summary>A handle that never became a tensor was not counted, and must not be taken back.</summary>
    private bool _counted;

    public static long Live => Interlocked.Read(ref _live);

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
        var live = Interlocked.Increment(ref _live);
        long peak;
        while (live > (peak = Interlocked.Read(ref _peak)) && Interlocked.CompareExchange(ref _peak, live, peak) != peak) ;
        return this;
    }

    protected override bool ReleaseHandle()
    {
        Native.st_free(handle);
        if (_counted)
            Interlocked.Decrement(ref _live);
        return true;
    }
}
