using SPaR.Abstractions;
using SPaR.Integration.Tests.Compliance;

namespace SPaR.Integration.Tests.Llama;

public sealed class LlamaEngineCompliance : TextEngineCompliance
{
    protected override ModelFile Model => TinyModel.File;

    protected override ITextEngine Create() => Engines.Create();
}
