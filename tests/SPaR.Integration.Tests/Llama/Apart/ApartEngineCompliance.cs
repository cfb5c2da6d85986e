using SPaR.Abstractions;
using SPaR.Integration.Tests.Compliance;

namespace SPaR.Integration.Tests.Llama.Apart;

/// <summary>The engine seen through a pipe is the engine.</summary>
[Collection(ApartEngines.OneAtATime)]
public sealed class ApartEngineCompliance : TextEngineCompliance
{
    protected override ModelFile Model => TinyModel.File;

    protected override ITextEngine Create() => ApartEngines.Create();
}

[Collection(ApartEngines.OneAtATime)]
public sealed class ApartModelCompliance : TextModelCompliance
{
    protected override ModelFile Model => TinyModel.Wordy;

    protected override ITextEngine Create() => ApartEngines.Create();
}
