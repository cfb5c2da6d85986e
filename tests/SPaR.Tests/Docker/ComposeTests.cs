using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using SPaR.Llama;
using SPaR.Training;

namespace SPaR.Tests.Docker;

/// <summary>That the compose file and the one over it say what the Dockerfile and the service understand.</summary>
public sealed class ComposeTests
{
    private const string Port = "8765";

    private static ComposeFile Services => Repository.Compose["services"];

    public static TheoryData<string> Own => ["api", "worker"];

    [Fact]
    public void There_are_a_database_an_api_and_workers()
    {
        Services.Names.ShouldBe(["postgres", "api", "worker"]);
        Repository.Cuda12["services"].Names.ShouldBeSubsetOf(Services.Names);
        Services["worker"]["container_name"].IsThere.ShouldBeFalse("a name of its own would keep it from being scaled");
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void An_own_service_is_built_from_a_target_that_is_there(string name)
    {
        foreach (var (file, target) in new[] { (Repository.Compose, "cpu"), (Repository.Cuda12, "cuda12") })
        {
            var service = file["services"][name];
            var build = service["build"];
            var context = Path.GetFullPath(Path.Combine(Repository.Root, "docker", build["context"].Text));
            context.ShouldBe(Repository.Root);
            Repository.Has(build["dockerfile"].Text).ShouldBeTrue(build["dockerfile"].Text);
            build["target"].Text.ShouldBe(target);
            Repository.Dockerfile.Stages.ShouldContain(s => s.Name == target);
            service["image"].Text.ShouldBe($"spar:{target}", "two images must not take each other's name");
        }
    }

    [Fact]
    public void The_database_is_a_release_that_the_service_supports_and_keeps_its_data()
    {
        var image = Regex.Match(Services["postgres"]["image"].Text, @"^postgres:(\d+)(-[a-z]+)?$");
        int.Parse(image.Groups[1].Value).ShouldBeGreaterThanOrEqualTo(15);
        Services["postgres"]["volumes"].Texts.ShouldBe(["postgres:/var/lib/postgresql/data"]);
        Services["postgres"]["ports"].IsThere.ShouldBeFalse("only the service speaks with it");
    }

    [Fact]
    public void No_password_stands_in_it_and_without_one_nothing_starts()
    {
        var password = Services["postgres"]["environment"]["POSTGRES_PASSWORD"].Text;
        password.ShouldMatch(@"^\$\{POSTGRES_PASSWORD:\?[^}]+\}$");
        foreach (var name in Own)
            Services[name]["environment"]["ConnectionStrings__Spar"].Text
                .ShouldBe($"Host=postgres;Username=spar;Password={password};Database=spar");
        Services["postgres"]["environment"]["POSTGRES_USER"].Text.ShouldBe("spar");
        Services["postgres"]["environment"]["POSTGRES_DB"].Text.ShouldBe("spar");
    }

    [Fact]
    public void Only_the_api_is_published_and_by_itself_on_loopback()
    {
        var image = Repository.Dockerfile["cpu"];
        image.The("EXPOSE").Text.ShouldBe(Port);
        Services["api"]["environment"]["Urls"].Text.ShouldBe($"http://0.0.0.0:{Port}");
        Services["api"]["ports"].Texts.ShouldBe([$"${{SPAR_PUBLISH:-127.0.0.1:{Port}}}:{Port}"]);
        Services["worker"]["ports"].IsThere.ShouldBeFalse();
        using var settings = JsonDocument.Parse(
            Repository.Read("appsettings.json"), new() { CommentHandling = JsonCommentHandling.Skip });
        Services["api"]["environment"]["AllowedHosts"].Text
            .ShouldContain(settings.RootElement.GetProperty("AllowedHosts").GetString()!, customMessage: "the check asks on loopback");
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void Volumes_lie_where_the_image_has_them(string name)
    {
        var mounts = Services[name]["volumes"].Texts.Select(v => v.Split(':')).ToList();
        mounts.Select(m => m[1]).ShouldBe(Repository.Dockerfile["cpu"].The("VOLUME").Exec);
        foreach (var volume in mounts.Select(m => m[0]).Append("postgres"))
            Repository.Compose["volumes"].Names.ShouldContain(volume);
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void An_own_service_waits_for_a_healthy_database_and_ends_in_its_own_time(string name)
    {
        Services[name]["depends_on"]["postgres"]["condition"].Text.ShouldBe("service_healthy");
        Services["postgres"]["healthcheck"]["test"].Texts.Take(2).ShouldBe(["CMD", "pg_isready"]);
        Services[name]["healthcheck"].IsThere.ShouldBeFalse("the image has one, which goes by the role in the environment");
        int.Parse(Services[name]["stop_grace_period"].Text.TrimEnd('s')).ShouldBeGreaterThan(30, "ASP.NET's own limit");
        Services[name]["restart"].Text.ShouldBe("unless-stopped");
        Services[name]["init"].Text.ShouldBe("true");
    }

    [Fact]
    public void All_workers_are_one_machine_to_the_trainings_in_their_volume() =>
        Services["worker"]["environment"]["Training__Machine"].Text.ShouldMatch(@"^\$\{SPAR_MACHINE:-\w+\}$");

    [Theory]
    [MemberData(nameof(Own))]
    public void Every_setting_is_one_that_the_service_reads(string name)
    {
        foreach (var setting in Services[name]["environment"].Names.Concat(Repository.Dockerfile["cpu"].Environment.Keys))
            IsRead(setting.Replace("__", ":", StringComparison.Ordinal)).ShouldBeTrue($"nothing reads {setting}");
        Services[name]["environment"]["Role"].Text.ShouldBe(name);
    }

    [Fact]
    public void A_card_is_lent_to_the_workers_alone()
    {
        var devices = Repository.Cuda12["services"]["worker"]["deploy"]["resources"]["reservations"]["devices"].List;
        devices.Single()["driver"].Text.ShouldBe("nvidia");
        devices.Single()["capabilities"].Texts.ShouldBe(["gpu"]);
        Repository.Cuda12["services"]["api"]["deploy"].IsThere.ShouldBeFalse();
    }

    [Fact]
    public void The_readme_names_files_and_services_that_are_there()
    {
        var text = Repository.Read("docker/README.md");
        foreach (Match file in Regex.Matches(text, @"\bdocker/[\w.]+\w"))
            (file.Value is "docker/.env" || Repository.Has(file.Value)).ShouldBeTrue(file.Value);
        foreach (Match scale in Regex.Matches(text, @"--scale (\w+)="))
            Services.Names.ShouldContain(scale.Groups[1].Value);
        foreach (var variable in Regex.Matches(Repository.Read("docker/compose.yaml") + Repository.Read("docker/compose.cuda12.yaml"),
            @"\$\{(\w+)").Select(m => m.Groups[1].Value))
            text.ShouldContain(variable);
        text.Split("```")[3].Trim().Split('\n').Length.ShouldBe(3, "three commands, no more");
    }

    /// <summary>An option of the method or of an engine, or a setting that the host names itself.</summary>
    private static bool IsRead(string setting)
    {
        if (setting.Split(':') is [var section, var name] && Options().TryGetValue(section, out var options))
            return options.GetProperty(name) is not null;
        var host = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src/SPaR.Host"), "*.cs").Select(File.ReadAllText);
        return Repository.Read("appsettings.json").Contains($"\"{setting}\"", StringComparison.Ordinal)
            || host.Any(text => text.Contains($"\"{setting}\"", StringComparison.OrdinalIgnoreCase))
            || (setting.Split(':') is ["ConnectionStrings", var database]
                && host.Any(text => text.Contains($"GetConnectionString(\"{database}\")", StringComparison.Ordinal)));
    }

    private static Dictionary<string, Type> Options() => typeof(TrainerOptions).Assembly.GetTypes()
        .Select(t => (Type: t, Section: t.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string))
        .Where(t => t.Section is not null).Append((Type: typeof(LlamaOptions), Section: "Llama"))
        .ToDictionary(t => t.Section!, t => t.Type);
}
