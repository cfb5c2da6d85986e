using SPaR.Llama.Memory;

namespace SPaR.Tests.Llama;

public sealed class MemoryUseTests
{
    [Fact]
    public void Weights_that_are_repacked_are_copies_and_mapped_ones_are_not()
    {
        var use = new MemoryUse();
        use.Read("load_tensors:   CPU_Mapped model buffer size =   145.53 MiB");
        use.Read("load_tensors:   CPU_REPACK model buffer size =   128.00 MiB");
        use.Copied.ShouldBe(128L << 20);
    }
}
