using SPaR.Integration.Tests.Compliance;

namespace SPaR.Integration.Tests.Llama.Processes;

[Collection(ProcessEngines.OneAtATime)]
public sealed class ProcessEngineCompliance : TextEngineCompliance
{
    protected override ModelFile Model => TinyModel.File;

    protected override ITextEngine Create() => ProcessEngines.Create();
}

[Collection(ProcessEngines.OneAtATime)]
public sealed class ProcessModelCompliance : TextModelCompliance
{
    protected override ModelFile Model => TinyModel.Wordy;

    protected override ITextEngine Create() => ProcessEngines.Create();
}
