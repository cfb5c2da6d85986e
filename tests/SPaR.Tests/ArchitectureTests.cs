using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SPaR.Tests;

/// <summary>Reads the sources as text and holds them to the layout: who may depend on whom, who may touch the database, what the map
/// in <c>src/README.md</c> must name, and what no file may hold.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Root = FindRoot();

    /// <summary>Dependencies point one way: a project refers to projects of a lower layer only. The migrations name the types of
    /// <c>SPaR</c>, which makes a layer of its own.</summary>
    private static readonly Dictionary<string, int> Layers = new()
    {
        ["SPaR.Abstractions"] = 0,
        ["SPaR.IFEval"] = 0,
        ["SPaR"] = 1,
        ["SPaR.Gguf"] = 1,
        ["SPaR.Llama"] = 2,
        ["SPaR.MicroWorld"] = 2,
        ["SPaR.Torch"] = 2,
        ["SPaR.Migrations"] = 2,
        ["SPaR.Host"] = 3,
        ["SPaR.Cli"] = 3,
    };

    /// <summary>Longer than a reader likes, each for a reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = new()
    {
    };

    private static readonly string[] NamesThatSayNothing = ["Core", "Common", "Shared", "Helpers", "Utils", "Services", "Managers"];

    [Fact]
    public void Projects_refer_to_lower_layers_only()
    {
        foreach (var project in Projects())
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Layers.ShouldContainKey(name, "a new project: give it a layer here");
            foreach (var referred in References(project))
                Layers[referred].ShouldBeLessThan(Layers[name], $"{name} refers to {referred}");
        }
    }

    [Fact]
    public void Files_use_only_namespaces_of_projects_in_lower_layers()
    {
        foreach (var file in Sources("src", "migrations"))
        {
            var own = ProjectOf(file);
            foreach (Match match in UsingLine().Matches(File.ReadAllText(file)))
            {
                var used = ProjectOfNamespace(match.Groups[1].Value);
                if (used != own)
                    Layers[used].ShouldBeLessThan(Layers[own], $"{Relative(file)} uses {match.Groups[1].Value}");
            }
        }
    }

    [Fact]
    public void The_method_never_sees_an_engine()
    {
        foreach (var file in Sources("src/SPaR"))
            File.ReadAllText(file).ShouldNotMatch(@"using (SPaR\.(Llama|Torch|MicroWorld)|LLama|TorchSharp)\b", Relative(file));
        References(Path.Combine(Root, "src/SPaR/SPaR.csproj")).ShouldBe(["SPaR.Abstractions", "SPaR.IFEval"]);
    }

    [Fact]
    public void Only_the_edge_touches_the_database()
    {
        foreach (var file in Sources("src/SPaR").Where(f => TouchesDatabase().IsMatch(File.ReadAllText(f))))
        {
            EdgeFile().IsMatch(Relative(file)).ShouldBeTrue(
                $"{Relative(file)} touches the database: decide in pure functions, act in an endpoint, a job or a storage file");
        }
    }

    [Fact]
    public void The_map_names_every_folder()
    {
        var map = File.ReadAllText(Path.Combine(Root, "src/README.md"));
        foreach (var folder in Sources("src").Select(f => Path.GetDirectoryName(Path.GetRelativePath(Path.Combine(Root, "src"), f))!).Distinct())
            map.ShouldContain($"{folder}/", customMessage: "src/README.md does not name a folder");
    }

    [Fact]
    public void No_file_is_long_without_a_reason()
    {
        foreach (var file in Sources("src", "migrations", "tests").Where(f => !LongFiles.ContainsKey(Relative(f))))
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

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SPaR.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("There is no SPaR.sln above the tests.");
        return folder.FullName;
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !Relative(f).Split('/').Any(part => part is "bin" or "obj" or "node_modules"));

    private static IEnumerable<string> Sources(params string[] folders) => folders.SelectMany(f => Files(f, "*.cs"));

    private static IEnumerable<string> Projects() => Files("src", "*.csproj").Concat(Files("migrations", "*.csproj"));

    private static IEnumerable<string> References(string project) => XDocument.Load(project).Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

    private static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string ProjectOf(string file)
    {
        var parts = Relative(file).Split('/');
        return parts[0] == "migrations" ? "SPaR.Migrations" : parts[1];
    }

    private static string ProjectOfNamespace(string name) =>
        Layers.Keys.Where(p => name == p || name.StartsWith(p + ".", StringComparison.Ordinal)).MaxBy(p => p.Length)!;

    [GeneratedRegex(@"^using (?:static )?(SPaR(?:\.\w+)*);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"\bSparDb\b|using (Microsoft\.EntityFrameworkCore|Npgsql)\b")]
    private static partial Regex TouchesDatabase();

    [GeneratedRegex("^src/SPaR/(" +
        "(Storage|Jobs|Http)/|" +
        "\\w+/\\w+Endpoints\\.cs$|" +
        "(Evaluation|Instructions|Keys|Models|Runs|Training)/\\w*" +
        "(Intake|FigureReader|Journal|Store|Keeper|Lifecycle|Lock|Job|JobStory|Share|Signals|Watch)\\.cs$)")]
    private static partial Regex EdgeFile();

    // Written so that this file does not match itself.
    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|HA[C]K|XX[X])\b|NotImplemented[E]xception|^\s*#reg[i]on", RegexOptions.Multiline)]
    private static partial Regex LeftUndone();

    [GeneratedRegex(@"catch\s*(\(Exception[^)]*\))?\s*\{\s*\}")]
    private static partial Regex SwallowedException();
}
