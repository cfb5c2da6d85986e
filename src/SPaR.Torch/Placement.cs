using System.Globalization;
using System.Text.RegularExpressions;
using SPaR.Torch.Native;
using SPaR.Torch.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch;

/// <summary>Where a training computes. What names a device is checked here, and numbers go there and come back here. Weights, gradients,
/// the optimiser's memory and all that a pass makes live there; rows, losses, random numbers and files are the processor's.</summary>
internal static partial class Placement
{
    /// <param name="name"><c>cpu</c>, <c>cuda</c> (its first device) or <c>cuda:N</c>.</param>
    /// <returns>Null where training can run there; else why not and what to do.</returns>
    public static string? Refusal(string name)
    {
        if (name == "cpu")
            return null;
        if (!Cuda().IsMatch(name))
            return $"Training:Device is '{name}'; it must be cpu, cuda or cuda:N, where N counts devices from 0.";
        Libtorch.Load();
        if (!cuda.is_available())
            return $"Training:Device is '{name}', but torch.cuda.is_available() says no. It takes an NVIDIA device, its driver and a build "
                + "with -p:TorchPackage=cuda-linux; or set cpu.";
        return IndexOf(name) < cuda.device_count() ? null
            : $"Training:Device is '{name}', but torch.cuda.device_count() is {cuda.device_count()}; N counts devices from 0.";
    }

    /// <exception cref="TrainingFailureException">Training cannot run there.</exception>
    public static Device Of(string name)
    {
        if (Refusal(name) is { } why)
            throw new TrainingFailureException(FailureCode.BadDevice, why);
        // By its number, as what is compared with it has one.
        return name == "cpu" ? CPU : device(DeviceType.CUDA, IndexOf(name));
    }

    /// <summary>Fills a contiguous tensor, wherever it is, with the stream's next bytes.</summary>
    public static void Fill(this Tensor tensor, Stream from)
    {
        if (tensor.device.type == DeviceType.CPU)
        {
            from.ReadExactly(tensor.bytes);
            return;
        }
        using var scope = NewDisposeScope();
        var read = zeros(tensor.shape, tensor.dtype);
        from.ReadExactly(read.bytes);
        tensor.copy_(read);
    }

    /// <summary>Hands over the numbers of a tensor, wherever it is, in row order.</summary>
    /// <returns>How many bytes they are.</returns>
    public static int Take(this Tensor tensor, Action<ReadOnlySpan<byte>> into)
    {
        using var scope = NewDisposeScope();
        var bytes = tensor.cpu().contiguous().bytes;
        into(bytes);
        return bytes.Length;
    }

    private static int IndexOf(string name) =>
        name.Split(':') is [_, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^cuda(:[0-9]{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Cuda();
}
