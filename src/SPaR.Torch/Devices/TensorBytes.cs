namespace SPaR.Torch.Devices;

/// <summary>A contiguous tensor's numbers as bytes in row order, whichever device the tensor is on.</summary>
internal static class TensorBytes
{
    // At a time: a tensor may have more bytes than a span.
    private const long Numbers = 1 << 24;

    /// <summary>Fills a tensor with the next bytes of the stream.</summary>
    public static void ReadFrom(this Tensor tensor, Stream stream)
    {
        using var scope = NewDisposeScope();
        foreach (var part in Parts(tensor))
        {
            if (part.device.type == TorchSharp.DeviceType.CPU)
            {
                stream.ReadExactly(part.bytes);
                continue;
            }
            using var read = zeros(part.shape, part.dtype);
            stream.ReadExactly(read.bytes);
            part.copy_(read);
        }
    }

    /// <returns>How many bytes were written.</returns>
    public static long WriteTo(this Tensor tensor, Action<ReadOnlySpan<byte>> write)
    {
        using var scope = NewDisposeScope();
        var written = 0L;
        foreach (var part in Parts(tensor))
        {
            using var copied = NewDisposeScope();
            var bytes = part.cpu().bytes;
            write(bytes);
            written += bytes.Length;
        }
        return written;
    }

    private static IEnumerable<Tensor> Parts(Tensor tensor)
    {
        var flat = tensor.contiguous().view(-1);
        for (var start = 0L; start < flat.shape[0]; start += Numbers)
            yield return flat.narrow(0, start, Math.Min(Numbers, flat.shape[0] - start));
    }
}
