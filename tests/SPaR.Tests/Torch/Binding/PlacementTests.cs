using SPaR.Torch;

namespace SPaR.Tests.Torch.Binding;

/// <summary>Our binding to libtorch knows the processor alone.</summary>
public sealed class PlacementTests
{
    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:1")]
    public void A_device_that_the_binding_does_not_have_is_refused_with_the_build_that_has_it(string name) => Placement.Refusal(name)
        .ShouldBe($"Training:Device is '{name}', which this build's libtorch binding does not have; build with -p:Torch=torchsharp "
            + "-p:TorchPackage=cuda-linux, or set cpu.");
}
