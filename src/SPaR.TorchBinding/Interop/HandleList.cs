namespace TorchSharp.Interop;

/// <summary>The pointers of several tensors for the length of one call; the tensors cannot be freed meanwhile.</summary>
internal sealed class HandleList : IDisposable
{
    private readonly List<TensorHandle> _held = [];

    public HandleList(IEnumerable<torch.Tensor> tensors)
        : this((ReadOnlySpan<torch.Tensor>)[.. tensors])
    {
    }

    public HandleList(ReadOnlySpan<torch.Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            var added = false;
            tensor.Handle.DangerousAddRef(ref added);
            _held.Add(tensor.Handle);
        }
        Pointers = [.. _held.Select(h => h.DangerousGetHandle())];
    }

    public nint[] Pointers { get; }

    public int Count => Pointers.Length;

    public void Dispose() => _held.ForEach(h => h.DangerousRelease());
}
