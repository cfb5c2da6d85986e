using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Sets whether this thread records a graph, and puts back at the end what was.</summary>
internal sealed class AutoGradMode : IDisposable
{
    private readonly int _before = Native.st_grad_enabled();

    public AutoGradMode(bool enabled) => Native.st_set_grad_enabled(enabled ? 1 : 0);

    public void Dispose() => Native.st_set_grad_enabled(_before);
}
