using System.Text.RegularExpressions;
using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace SPaR.Tests;

/// <summary>Holds the code to its layout: which project refers to which, that no two folders of a project need each other, what the map in
/// <c>src/README.md</c> must name, and what no file may hold.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Root = Repository.Root;

    /// <summary>Every project with the projects that it refers to.</summary>
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["SPaR.Abstractions"] = [],
        ["SPaR.IFEval"] = [],
        ["SPaR.Gguf"] = ["SPaR.Abstractions"],
        ["SPaR.HuggingFace"] = ["SPaR.Abstractions", "SPaR.Gguf"],
        ["SPaR.Method"] = ["SPaR.Abstractions", "SPaR.IFEval"],
        ["SPaR.Evaluation"] = ["SPaR.Method"],
        ["SPaR.Llama"] = ["SPaR.Abstractions", "SPaR.Gguf"],
        ["SPaR.MicroWorld"] = ["SPaR.Abstractions", "SPaR.Gguf"],
        ["SPaR.Torch"] = ["SPaR.Abstractions", "SPaR.Gguf"],
        ["SPaR.Service"] = ["SPaR.Evaluation"],
        ["SPaR.Migrations"] = ["SPaR.Service"],
        ["SPaR.Host"] = ["SPaR.HuggingFace", "SPaR.Llama", "SPaR.MicroWorld", "SPaR.Migrations", "SPaR.Service", "SPaR.Torch"],
        ["SPaR.ClientGenerator"] = [],
        ["SPaR.Client"] = ["SPaR.Abstractions", "SPaR.ClientGenerator"],
        ["SPaR.Cli"] = ["SPaR.Client", "SPaR.IFEval", "SPaR.MicroWorld"],
    };

    /// <summary>Usable as libraries by themselves: no HTTP, no database, no engine.</summary>
    private static readonly string[] Pure = ["SPaR.Abstractions", "SPaR.IFEval", "SPaR.Method", "SPaR.Evaluation"];

    /// <summary>Longer than a reader likes, each for a reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = new()
    {
    };

    private static readonly string[] NamesThatSayNothing = ["Core", "Common", "Shared", "Helpers", "Utils", "Services", "Managers"];

    [Fact]
    public void Projects_refer_to_each_other_as_listed() =>
        ProjectFiles().Select(p => $"{Path.GetFileNameWithoutExtension(p)}: {string.Join(", ", References(p))}")
            .ShouldBe(Projects.Select(p => $"{p.Key}: {string.Join(", ", p.Value)}"), ignoreOrder: true);

    [Fact]
    public void Method_and_evaluation_need_no_package_and_no_framework()
    {
        foreach (var project in ProjectFiles().Where(p => Pure.Contains(Path.GetFileNameWithoutExtension(p))))
            XDocument.Load(project).Descendants().Where(e => e.Name.LocalName is "PackageReference" or "FrameworkReference")
                .ShouldBeEmpty(Relative(project));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_two_folders_of_a_project_need_each_other(string project)
    {
        var types = new ArchLoader().LoadAssembly(Assembly.Load(project)).Build().Types;
        // A namespace is a folder.
        var needs = types.SelectMany(type => type.Dependencies)
            .Where(d => d.Target is not GenericParameter && FolderOf(d.Origin) != FolderOf(d.Target)
                && $"{FolderOf(d.Target)}.".StartsWith($"{project}.", StringComparison.Ordinal))
            .ToLookup(d => FolderOf(d.Origin));
        var circular = needs.SelectMany(folder => folder)
            .Where(d => Reached(FolderOf(d.Target), needs).Contains(FolderOf(d.Origin)))
            .Select(d => $"{FolderOf(d.Origin)} -> {FolderOf(d.Target)}: {d.Origin.Name} needs {d.Target.Name}");
        circular.Distinct().ShouldBeEmpty();
    }

    public static TheoryData<string> Assemblies() => [.. Projects.Keys
        .Except(["SPaR.Host", "SPaR.Migrations", "SPaR.ClientGenerator"])];

    [Fact]
    public void The_map_names_every_folder()
    {
        var map = File.ReadAllText(Path.Combine(Root, "src/README.md"));
        foreach (var folder in Sources("src").Select(f => Path.GetDirectoryName(Path.GetRelativePath(Path.Combine(Root, "src"), f))!)
            .Distinct())
            map.ShouldContain($"{folder}/", customMessage: "src/README.md does not name a folder");
    }

    [Fact]
    public void No_file_is_long_without_a_reason()
    {
        foreach (var file in Sources("src", "migrations", "tests").Where(f => !LongFiles.ContainsKey(Relative(f)) && !WrittenByEf(f)))
            File.ReadLines(file).Count().ShouldBeLessThanOrEqualTo(250, $"{Relative(file)}: split it, or list it here with a reason");
        foreach (var (file, reason) in LongFiles)
        {
            reason.ShouldNotBeEmpty();
            File.ReadLines(Path.Combine(Root, file)).Count().ShouldBeGreaterThan(250, $"{file} is short by now: take it off the list");
        }
    }

    [Fact]
    public void No_folder_has_a_name_that_says_nothing()
    {
        foreach (var file in Sources("src", "migrations", "tests"))
            Relative(file).Split('/', '.').Intersect(NamesThatSayNothing).ShouldBeEmpty(Relative(file));
    }

    [Fact]
    public void Nothing_is_left_undone_or_swallowed()
    {
        foreach (var file in Sources("src", "migrations", "tests"))
        {
            var text = File.ReadAllText(file);
            LeftUndone().Match(text).Value.ShouldBeEmpty(Relative(file));
            SwallowedException().Match(text).Value.ShouldBeEmpty(Relative(file));
        }
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !Relative(f).Split('/').Any(part => part is "bin" or "obj"));

    private static IEnumerable<string> Sources(params string[] folders) => folders.SelectMany(f => Files(f, "*.cs"));

    private static bool WrittenByEf(string file) =>
        Relative(file).StartsWith("migrations/", StringComparison.Ordinal) && Path.GetFileName(file) != "DesignTimeFactory.cs";

    private static IEnumerable<string> ProjectFiles() => Files("src", "*.csproj").Concat(Files("migrations", "*.csproj"));

    private static string[] References(string project) => [.. XDocument.Load(project).Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).Order()];

    private static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string FolderOf(IType type) => type.Namespace?.FullName ?? "";

    private static HashSet<string> Reached(string folder, ILookup<string, ITypeDependency> needs)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>([folder]);
        while (open.TryPop(out var next))
            foreach (var need in needs[next].Select(d => FolderOf(d.Target)).Where(reached.Add))
                open.Push(need);
        return reached;
    }

    // Written so that this file does not match itself.
    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|HA[C]K|XX[X])\b|NotImplemented[E]xception|^\s*#reg[i]on", RegexOptions.Multiline)]
    private static partial Regex LeftUndone();

    [GeneratedRegex(@"catch\s*(\([^)]*\))?\s*\{\s*\}")]
    private static partial Regex SwallowedException();
}
