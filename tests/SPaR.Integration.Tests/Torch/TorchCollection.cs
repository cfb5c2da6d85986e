namespace SPaR.Integration.Tests.Torch;

/// <summary>Tests of native tensors run alone: some count the living tensors of the process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchCollection
{
    public const string Name = "torch";
}
