using SPaR.Llama.Memory;

namespace SPaR.Tests.Llama;

public sealed class MachineMemoryTests : IDisposable
{
    private const long Mebi = 1 << 20;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("spar root ");

    public MachineMemoryTests() => Write(
        "proc/meminfo", "MemTotal:       2048000 kB\nMemFree:         100000 kB\nMemAvailable:    1024000 kB\n");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Without_a_limit_it_is_what_linux_has_available() => Free().ShouldBe((1000 * Mebi, "the machine's memory"));

    [Fact]
    public void A_machine_that_does_not_say_gives_nothing()
    {
        File.Delete(Path.Combine(_root.FullName, "proc/meminfo"));
        Free().ShouldBeNull();
    }

    [Fact]
    public void A_limit_on_the_group_or_one_above_it_counts_but_for_files_that_can_be_dropped()
    {
        Write("proc/self/cgroup", "0::/user/worker\n");
        Write("sys/fs/cgroup/user/worker/memory.max", "max\n");
        Write("sys/fs/cgroup/user/worker/memory.current", "1\n");
        Write("sys/fs/cgroup/user/memory.max", $"{300 * Mebi}\n");
        Write("sys/fs/cgroup/user/memory.current", $"{250 * Mebi}\n");
        Write("sys/fs/cgroup/user/memory.stat", $"anon 1\ninactive_file {150 * Mebi}\n");
        Free().ShouldBe((200 * Mebi, "the control group's memory limit"));
    }

    [Fact]
    public void A_limit_above_what_the_machine_has_does_not_count()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{9000 * Mebi}\n");
        Write("sys/fs/cgroup/memory.current", "0\n");
        Free().ShouldBe((1000 * Mebi, "the machine's memory"));
    }

    [Fact]
    public void Groups_of_the_first_version_have_limits_too()
    {
        Write("proc/self/cgroup", "4:memory:/worker\n3:cpuset:/\n0::/\n");
        Write("sys/fs/cgroup/memory/worker/memory.limit_in_bytes", $"{100 * Mebi}\n");
        Write("sys/fs/cgroup/memory/worker/memory.usage_in_bytes", $"{40 * Mebi}\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", $"{400 * Mebi}\n");
        Free().ShouldBe((60 * Mebi, "the control group's memory limit"));
    }

    private (long Bytes, string Source)? Free() => new MachineMemory(_root.FullName).Free();

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
