using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SPaR.Tests.Docker;

/// <summary>What can be said of the images where no container engine is at hand: that the Dockerfile names what is there, and that both
/// targets are the same program run in the same way.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string[] Runtime = ["ENV", "WORKDIR", "VOLUME", "EXPOSE", "USER", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"];

    public static TheoryData<string> Targets => ["cpu", "cuda12"];

    private static Dockerfile File => Repository.Dockerfile;

    [Fact]
    public void The_default_target_is_the_one_for_processors()
    {
        File.Stages.Select(s => s.Name).ShouldContain("cuda12");
        File.Stages[^1].Name.ShouldBe("cpu", "an image that is built without --target is the last stage");
        File.Stages.Select(s => s.Name).ShouldBeUnique();
    }

    [Fact]
    public void Both_targets_run_alike()
    {
        foreach (var name in Runtime)
            File["cpu"].All(name).ShouldBe(File["cuda12"].All(name), customMessage: name);
    }

    [Fact]
    public void Each_base_is_a_stage_before_it_or_an_image_with_a_tag()
    {
        for (var i = 0; i < File.Stages.Count; i++)
        {
            var under = File.BaseOf(File.Stages[i]);
            if (File.Stages.Take(i).All(s => s.Name != under))
                under.ShouldMatch("^[a-z0-9./-]+:[a-z0-9.-]*[0-9][a-z0-9.-]*$|^[a-z0-9./-]+:[a-z]+-slim$", $"FROM {under} has no release");
        }

        using var global = JsonDocument.Parse(Repository.Read("global.json"));
        var sdk = global.RootElement.GetProperty("sdk").GetProperty("version").GetString()!;
        foreach (var stage in new[] { "sdk", "aspnet" })
            sdk.ShouldStartWith(File.BaseOf(File[stage]).Split(':')[1] + ".", customMessage: $"global.json and the stage {stage}");
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void An_image_does_not_run_as_root(string target)
    {
        var user = File[target].The("USER").Text;
        user.ShouldMatch("^[1-9][0-9]+:[1-9][0-9]+$", "a number, so that an orchestrator can tell that it is not root");
        var (id, group) = (user.Split(':')[0], user.Split(':')[1]);
        var run = string.Join('\n', File[target].All("RUN"));
        run.ShouldContain($"--uid {id} ");
        run.ShouldContain($"--gid {group} ");
        File[target].Instructions.FindLastIndex(i => i.Name is "RUN" or "COPY")
            .ShouldBeLessThan(File[target].Instructions.FindIndex(i => i.Name == "USER"), "the program is root's, who does not run it");
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_is_volatile_lies_in_volumes_that_the_user_owns(string target)
    {
        var (stage, volumes) = (File[target], File[target].The("VOLUME").Exec);
        volumes.ShouldBe([stage.Environment["Models__Folder"], stage.Environment["Training__Folder"]]);
        var install = Regex.Match(string.Join('\n', stage.All("RUN")), "install -d -o spar -g spar ([/a-z ]+)").Groups[1].Value.Split(' ');
        foreach (var volume in volumes.Append(stage.The("WORKDIR").Text))
            install.ShouldContain(volume);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Program_and_health_check_are_the_published_host_and_no_shell(string target)
    {
        var stage = File[target];
        var program = stage.The("ENTRYPOINT").Exec;
        program.ShouldBe(["dotnet", "/app/SPaR.Host.dll"]);
        Repository.Has("src/SPaR.Host/SPaR.Host.csproj").ShouldBeTrue();
        stage.The("HEALTHCHECK").Exec.ShouldBe([.. program, "--role", "health"]);
        stage.The("HEALTHCHECK").Text.ShouldMatch("--interval=.*--timeout=.*--start-period=.*--retries=");
        stage.The("STOPSIGNAL").Text.ShouldBe("SIGTERM");
        var copy = stage.All("COPY").Single(c => c.Operands[^1] == "/app");
        File[copy.Source!].All("RUN").Last().Text.ShouldEndWith("publish /app");
    }

    [Fact]
    public void What_is_copied_is_there_and_in_the_context()
    {
        var ignore = new IgnoreFile(Repository.Read("docker/Dockerfile.dockerignore"));
        for (var i = 0; i < File.Stages.Count; i++)
            foreach (var copy in File.Stages[i].All("COPY"))
            {
                if (copy.Source is { } stage)
                    File.Stages.Take(i).Select(s => s.Name).ShouldContain(stage, $"{copy} in {File.Stages[i].Name}");
                else
                    foreach (var path in copy.Operands.SkipLast(1).Where(p => p != "."))
                    {
                        Repository.Has(path).ShouldBeTrue($"{copy}: {path} is not there");
                        ignore.Leaves(path).ShouldBeFalse($"{copy}: {path} is left out of the context");
                    }
            }
    }

    [Fact]
    public void The_context_has_the_sources_and_nothing_that_was_built()
    {
        var ignore = new IgnoreFile(Repository.Read("docker/Dockerfile.dockerignore"));
        string[] needed = ["spar", "SPaR.sln", ".editorconfig", "appsettings.json", "src/SPaR/SPaR.csproj", "src/SPaR.Llama/native/.npmrc"];
        foreach (var path in needed)
            (Repository.Has(path) && !ignore.Leaves(path)).ShouldBeTrue(path);
        string[] built =
        [
            ".git/HEAD", ".spar/postgres/PG_VERSION", "src/SPaR/bin/a", "tests/SPaR.Tests/obj/a", "src/SPaR.Llama/native/node_modules/a",
            "src/SPaR.TorchBinding/native/build/stamp", "docker/.env",
        ];
        foreach (var path in built)
            ignore.Leaves(path).ShouldBeTrue(path);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Every_script_it_runs_is_there_before_and_may_be_run()
    {
        var runs = 0;
        foreach (var stage in File.Stages)
            for (var i = 0; i < stage.Instructions.Count; i++)
                foreach (Match script in Script().Matches(stage.Instructions[i].Name == "RUN" ? stage.Instructions[i].Text : ""))
                {
                    var path = SourceOf(script.Value, stage.Instructions[..i]).ShouldNotBeNull($"{stage.Name}: {script} was not copied");
                    var mode = System.IO.File.GetUnixFileMode(Path.Combine(Repository.Root, path));
                    mode.HasFlag(UnixFileMode.OtherExecute).ShouldBeTrue(path);
                    runs++;
                }

        runs.ShouldBe(6);
    }

    /// <summary>`./spar setup` is what every run of the tests goes through, so an image is made by what is tested.</summary>
    [Fact]
    public void What_it_installs_is_what_setup_installs()
    {
        File["build-cpu"].All("RUN").Last().Text.ShouldContain("./spar setup && ./spar publish");
        File["build-cuda12"].All("RUN").Last().Text
            .ShouldContain("./spar --stack card --llama-backend Cuda12 --torch-package cuda-linux setup");
        Repository.Read("spar").ShouldContain("src/SPaR.TorchBinding/native/build.sh");
        foreach (var run in File.Stages.SelectMany(s => s.All("RUN")))
            run.Text.ShouldNotMatch("install [^&]*(libtorch|openblas|g\\+\\+|postgresql)", "the list of packages stands in the script");
    }

    private static string? SourceOf(string script, IEnumerable<Instruction> before) => before
        .Where(i => i is { Name: "COPY", Source: null })
        .Select(copy => copy.Operands switch
        {
            ["."] or [".", "."] => script.StartsWith("./", StringComparison.Ordinal) ? script[2..] : script,
            [var from, var to] when to == script => from,
            [var from, var to] when from == to && script.StartsWith(from + "/", StringComparison.Ordinal) => script,
            _ => null,
        })
        .FirstOrDefault(path => path is not null && Repository.Has(path));

    [GeneratedRegex(@"(?<=^|&& | )(\./spar|[\w./-]+\.sh)(?= |$)")]
    private static partial Regex Script();
}
