using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SPaR.Service.Worker;

namespace SPaR.Integration.Tests.Runs;

public sealed class WorkerOptionsTests
{
    [Theory]
    [InlineData("InFlight", "0")]
    [InlineData("LeaseSeconds", "1")]
    [InlineData("SliceSeconds", "0")]
    public void What_is_out_of_range_is_named(string option, string value) =>
        Should.Throw<OptionsValidationException>(() => Read(($"Worker:{option}", value)))
            .Message.ShouldContain(option);

    private static WorkerOptions Read(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value))).Build();
        using var services = new ServiceCollection().AddSparWorker(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<WorkerOptions>>().Value;
    }
}
