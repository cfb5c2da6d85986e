using SPaR.Torch.Native;

[assembly: AssemblyFixture(typeof(SPaR.Tests.Torch.LoadedLibtorch))]

namespace SPaR.Tests.Torch;

/// <summary>Loads libtorch before the first test, as tests call TorchSharp directly.</summary>
public sealed class LoadedLibtorch
{
    public LoadedLibtorch() => Libtorch.Load();
}
