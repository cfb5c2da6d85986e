using SPaR.Service.Trainings;

namespace SPaR.Tests.Training;

public sealed class TrainerProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-trainer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Two workers in containers share a training folder and not their process ids. When the database was restarted and the
    /// other one took over, it saw no such process and started a second one, which could not have the folder, until the run had
    /// failed.</summary>
    [Fact]
    public void A_trainer_in_another_container_is_alive_as_long_as_it_holds_the_folder()
    {
        var process = new TrainerProcess(_folder, ["true"]);
        process.IsAlive.ShouldBeNull();
        var stat = File.ReadAllText("/proc/self/stat").TrimEnd().Split(' ');
        stat[^31] = "1";
        File.WriteAllText(Path.Combine(_folder, "trainer.pid"), string.Join(' ', stat));
        process.IsAlive.ShouldBe(false, "its id is another's by now");

        using (new FileStream(Path.Combine(_folder, TrainingFolder.Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            process.IsAlive.ShouldBe(true);
            process.Forget();
        }

        process.IsAlive.ShouldBe(false, "what has ended has let go of its folder");
        process.Forget();
        process.IsAlive.ShouldBeNull();
    }
}
