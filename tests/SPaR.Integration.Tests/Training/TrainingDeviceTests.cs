using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SPaR.Host;
using SPaR.Service.Trainings;

namespace SPaR.Integration.Tests.Training;

/// <summary>A worker checks where its trainings are to run before it starts.</summary>
public sealed class TrainingDeviceTests
{
    [Fact]
    public void Trainings_run_on_the_processor_where_no_device_is_set()
    {
        Options().Device.ShouldBe("cpu");
        TrainerCommand.Of(Options()).TakeLast(3).ShouldBe(["--device", "cpu", "--folder"]);
    }

    [Fact]
    public void A_worker_with_a_device_that_does_not_exist_does_not_start() =>
        Should.Throw<OptionsValidationException>(() => Options(("Device", "gpu"))).Message
            .ShouldBe("Training:Device is 'gpu'; it must be cpu, cuda or cuda:N, where N counts devices from 0.");

    /// <summary>No machine has so many, whatever the trainer is built on.</summary>
    [Fact]
    public void A_worker_that_cannot_reach_a_device_does_not_start() =>
        Should.Throw<OptionsValidationException>(() => Options(("Device", "cuda:99"))).Message
            .ShouldStartWith("Training:Device is 'cuda:99', ");

    [Fact]
    public void A_device_beside_a_command_of_its_own_is_refused_as_it_would_not_reach_it() =>
        Should.Throw<OptionsValidationException>(() => Options(("Device", "cuda"), ("Command:0", "trainer.sh"))).Message
            .ShouldStartWith("Training:Device is 'cuda', but it is not passed to the program of Training:Command.");

    private static TrainerOptions Options(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddSparTraining(new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create($"Training:{s.Name}", (string?)s.Value))).Build())
        .AddTrainings(new ConfigurationBuilder().Build(), serves: false)
        .BuildServiceProvider()
        .GetRequiredService<IOptions<TrainerOptions>>().Value;
}
