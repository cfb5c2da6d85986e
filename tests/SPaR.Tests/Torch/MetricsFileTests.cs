using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class MetricsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-metrics-").FullName;

    private string Path => System.IO.Path.Combine(_folder, TrainingFolder.Metrics);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_line_can_be_read_as_soon_as_it_is_added()
    {
        using var metrics = new MetricsFile(_folder, 0);
        metrics.Add(new Dictionary<string, double> { ["loss"] = 0.5 }, 1);

        using var reader = new StreamReader(new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        reader.ReadToEnd().ShouldBe("{\"step\":1,\"loss\":0.5}\n");
    }

    [Fact]
    public void A_resumed_run_keeps_the_lines_up_to_its_checkpoint_and_adds_to_them()
    {
        File.WriteAllText(Path, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"st");

        using (var metrics = new MetricsFile(_folder, 2))
            metrics.Add(new Dictionary<string, double>(), 3);

        File.ReadAllText(Path).ShouldBe("{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
        Directory.GetFiles(_folder).ShouldBe([Path]);
    }

    [Fact]
    public void A_checkpoint_is_written_while_the_file_is_open()
    {
        using var metrics = new MetricsFile(_folder, 0);
        metrics.Add(new Dictionary<string, double> { ["loss"] = 0.5 }, 1);

        new Checkpoints(_folder, 2).Write(new Cursor(1, 0, 1, 1, "run", 0, 0, 0), new Dictionary<string, TorchSharp.torch.Tensor>());

        metrics.Add(new Dictionary<string, double> { ["loss"] = 0.4 }, 2);
        metrics.Dispose();
        File.ReadAllLines(Path).Length.ShouldBe(2);
    }
}
