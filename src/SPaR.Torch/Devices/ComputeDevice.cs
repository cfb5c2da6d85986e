using System.Globalization;
using System.Text.RegularExpressions;
using SPaR.Torch.Native;
using TorchSharp;

namespace SPaR.Torch.Devices;

/// <summary>The device that a training computes on. Weights, gradients, optimiser state and activations live there; rows, losses, random
/// numbers and files stay on the CPU.</summary>
internal static partial class ComputeDevice
{
    /// <param name="name"><c>cpu</c>, <c>cuda</c> (its first device) or <c>cuda:N</c>.</param>
    /// <returns>Null where training can run on it; otherwise why not and what to do.</returns>
    public static string? Refusal(string name)
    {
        if (name == "cpu")
            return null;
        if (!Cuda().IsMatch(name))
            return $"Training:Device is '{name}'; it must be cpu, cuda or cuda:N, where N counts devices from 0.";
        Libtorch.Load();
        if (!cuda.is_available())
            return $"Training:Device is '{name}', but torch.cuda.is_available() is false. CUDA needs an NVIDIA device, its driver and a "
                + "build with -p:TorchPackage=cuda-linux. Without them, set it to cpu.";
        return IndexOf(name) < cuda.device_count() ? null
            : $"Training:Device is '{name}', but torch.cuda.device_count() is {cuda.device_count()}; N counts devices from 0.";
    }

    /// <exception cref="TrainingFailureException">Training cannot run on it.</exception>
    public static Device Of(string name)
    {
        if (Refusal(name) is { } why)
            throw new TrainingFailureException(FailureCode.BadDevice, why);
        // By its index: a tensor's device has one, and devices are compared by it.
        return name == "cpu" ? CPU : device(DeviceType.CUDA, IndexOf(name));
    }

    private static int IndexOf(string name) =>
        name.Split(':') is [_, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^cuda(:[0-9]{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Cuda();
}
