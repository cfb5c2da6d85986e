using SPaR.Service.Trainings;

namespace SPaR.Tests.Training;

public sealed class MetricsTailTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Each_line_is_read_once_and_when_it_is_whole()
    {
        var tail = new MetricsTail(_path);
        Steps(tail).ShouldBeEmpty();

        File.AppendAllText(_path, "{\"step\":1}\n{\"step\":2}\n{\"st");
        Steps(tail).ShouldBe([1, 2]);
        Steps(tail).ShouldBeEmpty();
        File.AppendAllText(_path, "ep\":3}\n");
        Steps(tail).ShouldBe([3]);
    }

    // The next read began behind the end of the file, or in the middle of a line, and the run failed.
    [Theory]
    [InlineData("{\"step\":1,\"s\":0.5}\n", new[] { 1 })]
    [InlineData("{\"step\":1,\"s\":0.5}\n{\"step\":2,\"s\":0.77}\n{\"step\":3,\"s\":0.5}\n", new[] { 1, 2, 3 })]
    [InlineData("{\"step\":1,\"s\":0.5}\n{\"step\":2,\"s\":0.7}\n", new[] { 1, 2 })]
    [InlineData("", new int[0])]
    public void A_file_that_a_new_process_has_cut_off_is_read_again(string now, int[] steps)
    {
        var tail = new MetricsTail(_path);
        File.WriteAllText(_path, "{\"step\":1,\"s\":0.5}\n{\"step\":2,\"s\":0.5}\n");
        Steps(tail).ShouldBe([1, 2]);

        File.WriteAllText(_path, now);

        Steps(tail).ShouldBe(steps);
    }

    public void Dispose() => File.Delete(_path);

    private static IEnumerable<int> Steps(MetricsTail tail) => tail.Next().Select(line => line["step"]!.GetValue<int>());
}
