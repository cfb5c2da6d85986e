using SPaR.Torch.Native;

[assembly: AssemblyFixture(typeof(SPaR.Integration.Tests.Torch.LoadedLibtorch))]

namespace SPaR.Integration.Tests.Torch;

/// <summary>Loads libtorch before the first test, as tests call TorchSharp directly.</summary>
public sealed class LoadedLibtorch
{
    public LoadedLibtorch() => Libtorch.Load();
}
