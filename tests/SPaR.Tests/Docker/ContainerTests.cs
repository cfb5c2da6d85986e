using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using SPaR.Llama.Models;
using SPaR.Service.Trainings;

namespace SPaR.Tests.Docker;

/// <summary>Faults that a container engine ignores silently: a misspelt setting or build argument, data that is written outside the
/// volumes, an image of another .NET.</summary>
public sealed partial class ContainerTests
{
    private static readonly string Dockerfile = Repository.Read("docker/Dockerfile");
    private static readonly ComposeFile Compose = ComposeFile.Read(Repository.Read("docker/compose.yaml"))["services"];
    private static readonly ComposeFile Gpu = ComposeFile.Read(Repository.Read("docker/compose.gpu.yaml"))["services"];

    public static TheoryData<string> Services => ["api", "worker"];

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_setting_is_one_that_the_service_reads(string service)
    {
        string[] names =
        [
            .. Compose[service]["environment"].Names, .. Gpu[service]["environment"] is { IsThere: true } more ? more.Names : [],
            .. Assignment().Matches(Instruction("ENV")).Select(match => match.Groups[1].Value),
        ];
        names.Length.ShouldBeGreaterThan(4);
        foreach (var setting in names)
            IsRead(setting.Replace("__", ":", StringComparison.Ordinal)).ShouldBeTrue($"nothing reads {setting}");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_build_argument_is_declared_and_every_property_it_sets_is_used(string service)
    {
        var declared = Argument().Matches(Dockerfile).Select(match => match.Groups[1].Value).ToList();
        Gpu[service]["build"]["args"].Names.ShouldBeSubsetOf(declared);
        var build = Repository.Read("Directory.Build.props") + Repository.Read("Directory.Packages.props");
        foreach (Match property in Property().Matches(Dockerfile))
            build.ShouldContain($"$({property.Groups[1].Value})");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Volumes_are_mounted_at_the_folders_that_the_service_writes_to(string service)
    {
        string[] mounted = [.. Compose[service]["volumes"].Texts.Select(volume => volume.Split(':')[1])];
        Assignment().Matches(Instruction("ENV")).Where(match => match.Groups[1].Value.EndsWith("__Folder", StringComparison.Ordinal))
            .Select(match => match.Groups[2].Value).ShouldBe(mounted);
        JsonSerializer.Deserialize<string[]>(Instruction("VOLUME")).ShouldBe(mounted);
    }

    [Fact]
    public void The_images_are_of_the_dotnet_that_the_projects_target()
    {
        var target = TargetFramework().Match(Repository.Read("Directory.Build.props")).Groups[1].Value;
        Dockerfile.ShouldContain($"dotnet/sdk:{target}\n");
        Dockerfile.ShouldContain($"dotnet/aspnet:{target}\n");
    }

    /// <returns>The arguments of the only instruction of that name in the Dockerfile.</returns>
    private static string Instruction(string name) =>
        Dockerfile.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal))[(name.Length + 1)..];

    /// <summary>Whether it is a property of an options class or appears in the host's code or appsettings.json.</summary>
    private static bool IsRead(string setting)
    {
        if (setting.Split(':') is [var section, var name] && Options().TryGetValue(section, out var options))
            return options.GetProperty(name) is not null;
        var spelt = setting is "ConnectionStrings:Spar" ? "GetConnectionString(\"Spar\")" : $"\"{setting}\"";
        return Directory.EnumerateFiles(Path.Combine(Repository.Root, "src/SPaR.Host"), "*.cs").Select(File.ReadAllText)
            .Append(Repository.Read("appsettings.json")).Any(text => text.Contains(spelt, StringComparison.OrdinalIgnoreCase));
    }

    private static Dictionary<string, Type> Options() => typeof(TrainerOptions).Assembly.GetTypes()
        .Select(t => (Type: t, Section: t.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string))
        .Where(t => t.Section is not null).Append((Type: typeof(LlamaOptions), Section: "Llama"))
        .ToDictionary(t => t.Section!, t => t.Type);

    [GeneratedRegex(@"(\w+)=(\S+)")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^ARG (\w+)=", RegexOptions.Multiline)]
    private static partial Regex Argument();

    [GeneratedRegex(@"-p:(\w+)=")]
    private static partial Regex Property();

    [GeneratedRegex("<TargetFramework>net([0-9.]+)<")]
    private static partial Regex TargetFramework();
}
