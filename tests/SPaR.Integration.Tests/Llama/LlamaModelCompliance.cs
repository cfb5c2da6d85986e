using SPaR.Abstractions;
using SPaR.Integration.Tests.Compliance;
using SPaR.Llama;

namespace SPaR.Integration.Tests.Llama;

public sealed class LlamaModelCompliance : TextModelCompliance
{
    protected override ModelFile Model => TinyModel.Wordy;

    protected override ITextEngine Create() => Engines.Create();
}

/// <summary>A model that is in memory only while something is asked of it.</summary>
public sealed class StagedModelCompliance : TextModelCompliance
{
    protected override ModelFile Model => TinyModel.Wordy;

    protected override ITextEngine Create() => Engines.Create(residency: Residency.Staged);
}
