using SPaR.Method.Items;
using SPaR.Service.Worker;

namespace SPaR.Tests.Runs;

public sealed class WorkMeterTests
{
    private readonly Clock _time = new();

    [Fact]
    public void Tokens_count_while_they_are_generated_and_the_rate_is_that_of_the_last_seconds()
    {
        var meter = new WorkMeter(_time);
        using var first = meter.Start();
        var second = meter.Start();
        first.Add(30);
        second.Add(20);
        _time.Seconds += 5;

        meter.Report().ShouldBe((2, 50, 10));
        second.Dispose();
        _time.Seconds += 5;
        meter.Report().ShouldBe((1, 30, 5), "the rows of the second count its tokens now");
        _time.Seconds += 20;
        meter.Report().PerSecond.ShouldBe(0);
    }

    [Fact]
    public void One_model_in_two_roles_stays_one()
    {
        using var item = new WorkMeter(_time).Start();
        var model = new PlainModel(new("m.gguf", "hash", "t"), () => { });

        var measured = item.Of(new RunModels(model));

        measured.Judge.ShouldBeSameAs(measured.Refiner);
        measured.Actor.File.ShouldBe(model.File);
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
