using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Integration.Tests.Torch.Training;
using SPaR.MicroWorld;
using SPaR.Torch.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Binding;

/// <summary>Training on a device that is not the processor: a tensor on the wrong side ends the run. Its numbers are the processor's but
/// for rounding, as torch puts some operations together otherwise for it.</summary>
[Collection(TorchCollection.Name)]
public sealed class DeviceTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    { LearningRate = 2e-3, Batch = 8, MicroBatch = 4, Epochs = 2, Seed = 3, Threads = 1, CheckpointEvery = 2 };

    private readonly TrainingFolders _folders = new();

    public void Dispose() => _folders.Dispose();

    public static TheoryData<TrainingMethod, TrainingOptions, double> Ways => new()
    {
        { TrainingMethod.Sft, Options, 1e-3 },
        // Numbers with 8 bits, of which the first steps of Adam see little more than the sign.
        { TrainingMethod.Dpo, Options with { Precision = "bf16", GradientCheckpointing = true }, 0.3 },
        { TrainingMethod.Dpo, Options with { Optimizer = "muon" }, 1e-3 },
        { TrainingMethod.Dpo, Options with { Lora = new LoraOptions { Rank = 4, Dropout = 0.3, Merge = true } }, 1e-3 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_device_trains_the_model_that_the_processor_trains(TrainingMethod method, TrainingOptions options, double tolerance)
    {
        if (ProcessOfItsOwn.Passed)
            return;
        var (here, there) = (Make("here", method, options), Make("there", method, options));
        Train(here, CPU).ShouldBe(TrainingEnd.Finished);
        var before = SecondDevice.Operations;
        Train(there, SecondDevice.Here).ShouldBe(TrainingEnd.Finished);

        SecondDevice.Operations.ShouldBeGreaterThan(before + 1000);
        Difference(there, here).ShouldBeLessThan(tolerance);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_goes_on_from_its_checkpoint_on_another_device(bool back)
    {
        if (ProcessOfItsOwn.Passed)
            return;
        var (whole, moved) = (Make("whole", TrainingMethod.Dpo, Options), Make("moved", TrainingMethod.Dpo, Options));
        Train(whole, CPU).ShouldBe(TrainingEnd.Finished);
        var (first, second) = back ? (SecondDevice.Here, CPU) : (CPU, SecondDevice.Here);

        using (var stop = new CancellationTokenSource())
            Train(moved, first, new StopAtCheckpoint(stop), stop.Token).ShouldBe(TrainingEnd.Stopped);
        Train(moved, second).ShouldBe(TrainingEnd.Finished);

        Difference(moved, whole).ShouldBeLessThan(1e-3);
    }

    [Fact]
    public void What_is_left_on_the_processor_is_refused()
    {
        if (ProcessOfItsOwn.Passed)
            return;
        using var scope = NewDisposeScope();
        var there = ones([2, 3]).to(SecondDevice.Here);

        Should.Throw<ExternalException>(() => there.mm(ones([3, 2]))).Message.ShouldContain("was left on cpu");
    }

    private string Make(string name, TrainingMethod method, TrainingOptions options)
    {
        // Loaded before the first backward of this process.
        _ = SecondDevice.Here;
        return _folders.Make(name, method, options, method == TrainingMethod.Dpo ? MicroRows.Pairs(16) : MicroRows.Conversations(16));
    }

    private static TrainingEnd Train(
        string folder, Device place, ILogger? logger = null, CancellationToken cancellation = default)
    {
        using var session = TrainingSession.Open(TrainingPlan.Read(folder), place, logger ?? NullLogger.Instance);
        return session.Train(cancellation);
    }

    /// <summary>The root mean square of what two trained models differ by, over that of what training has changed.</summary>
    private static double Difference(string a, string b)
    {
        using var scope = NewDisposeScope();
        var (one, other, start) = (Weights(scope, Model(a)), Weights(scope, Model(b)), Weights(scope, MicroModel.Path));
        return ((one - other).norm() / (other - start).norm()).ToDouble();
    }

    private static string Model(string folder) => Path.Combine(folder, TrainingFolder.Model);

    /// <returns>All of a model's numbers, one behind the other.</returns>
    private static Tensor Weights(DisposeScope scope, string path)
    {
        var weights = SPaR.Torch.Models.Weights.Read(path, GgufReader.Read(path), ScalarType.Float64, CPU);
        foreach (var weight in weights.Values)
            scope.Attach(weight);
        return cat([.. weights.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => w.Value.reshape(-1))]);
    }

    /// <summary>torch counts devices at the first backward of a process, and others' tests may have had it: these tests run once more in
    /// a process where they are alone, and here that must have gone well.</summary>
    private static class ProcessOfItsOwn
    {
        private const string Mark = "SPAR_TEST_SECOND_DEVICE";

        private static readonly Lazy<(int Code, string Output)> Outcome = new(Run);

        /// <summary>False in that process, where the tests are to be done.</summary>
        public static bool Passed
        {
            get
            {
                if (Environment.GetEnvironmentVariable(Mark) is not null)
                    return false;
                Assert.SkipWhen(
                    Environment.GetEnvironmentVariable("LIBTORCH") is { Length: > 0 },
                    "The device is written for the inside of Debian's libtorch.");
                Outcome.Value.Code.ShouldBe(0, Outcome.Value.Output);
                return true;
            }
        }

        private static (int Code, string Output) Run()
        {
            var start = new ProcessStartInfo(
                "dotnet", [typeof(DeviceTests).Assembly.Location, "--filter-class", typeof(DeviceTests).FullName!])
            { RedirectStandardOutput = true };
            start.Environment[Mark] = "1";
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
    }

    private sealed class StopAtCheckpoint(CancellationTokenSource stop) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "CheckpointWritten")
                stop.Cancel();
        }
    }
}
