using SPaR.Torch;
using SPaR.Torch.Devices;

namespace SPaR.Tests.Torch;

/// <summary>What <c>Training:Device</c> may name.</summary>
public sealed class ComputeDeviceTests
{
    [Fact]
    public void The_cpu_is_never_refused() => ComputeDevice.Refusal("cpu").ShouldBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("CPU")]
    [InlineData("gpu")]
    [InlineData("cpu:0")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0x")]
    [InlineData("cuda:0:1")]
    [InlineData("cuda:99999999999")]
    [InlineData("cuda\n")]
    public void Any_other_name_is_refused_with_the_known_ones(string name) => ComputeDevice.Refusal(name).ShouldBe(
        $"Training:Device is '{name}'; it must be cpu, cuda or cuda:N, where N counts devices from 0.");

    [Fact]
    public void A_training_started_by_hand_is_refused_with_the_same_message()
    {
        var failure = Should.Throw<TrainingFailureException>(() => ComputeDevice.Of("gpu"));

        failure.Code.ShouldBe("bad-device");
        failure.Message.ShouldBe(ComputeDevice.Refusal("gpu"));
    }
}
