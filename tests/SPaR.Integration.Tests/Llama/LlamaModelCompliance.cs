using SPaR.Integration.Tests.Compliance;

namespace SPaR.Integration.Tests.Llama;

public sealed class LlamaModelCompliance : TextModelCompliance
{
    protected override ModelFile Model => TinyModel.Wordy;

    protected override ITextEngine Create() => Engines.Create();
}
