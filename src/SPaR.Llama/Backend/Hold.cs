using System.Runtime.InteropServices;

namespace SPaR.Llama.Backend;

/// <summary>Keeps what a handle owns from being freed while another thread disposes it.</summary>
internal readonly ref struct Hold
{
    private readonly SafeHandle _handle;

    public Hold(SafeHandle handle)
    {
        var held = false;
        handle.DangerousAddRef(ref held);
        _handle = handle;
    }

    public void Dispose() => _handle.DangerousRelease();
}
