namespace SPaR.Torch.Devices;

/// <summary>A tensor's numbers as bytes in row order, whichever device the tensor is on.</summary>
internal static class TensorBytes
{
    /// <summary>Fills a contiguous tensor with the next bytes of the stream.</summary>
    public static void ReadFrom(this Tensor tensor, Stream stream)
    {
        if (tensor.device.type == TorchSharp.DeviceType.CPU)
        {
            stream.ReadExactly(tensor.bytes);
            return;
        }
        using var scope = NewDisposeScope();
        var read = zeros(tensor.shape, tensor.dtype);
        stream.ReadExactly(read.bytes);
        tensor.copy_(read);
    }

    /// <returns>How many bytes were written.</returns>
    public static int WriteTo(this Tensor tensor, Action<ReadOnlySpan<byte>> write)
    {
        using var scope = NewDisposeScope();
        var bytes = tensor.cpu().contiguous().bytes;
        write(bytes);
        return bytes.Length;
    }
}
