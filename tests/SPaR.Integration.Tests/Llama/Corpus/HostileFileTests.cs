using SPaR.Llama.Inspection;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>What is wrong with a file is seen before llama.cpp opens it: it would abort, or read memory that is not its own. So there are
/// two outcomes only: refused by name, or loaded and computed with.</summary>
public sealed class HostileFileTests(ITestOutputHelper output) : IDisposable
{
    private const int Files = 2000, FirstSeed = 1;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly GgufInspector _inspector = new();

    [Fact]
    public void Models_of_every_architecture_are_taken_and_computed_with()
    {
        using var probe = new ModelProbe();
        foreach (var path in WriteBases())
            OutcomeOf(new("", File.ReadAllBytes(path)), path, probe).ShouldBe(ModelProbe.Computed, path);
        TinyFamily.Published.Select(f => f.Architecture).Distinct().ShouldBe(Architectures.All.Select(a => a.Name));
    }

    [Fact]
    public void A_hostile_file_is_refused_by_name_or_computed_with()
    {
        using var probe = new ModelProbe();
        var bases = WriteBases();
        var outcomes = new Dictionary<string, int>();
        var faults = new List<string>();
        for (var seed = FirstSeed; seed < FirstSeed + Files; seed++)
        {
            var file = HostileFile.Make(bases, seed);
            var path = Path.Combine(_folder.FullName, "hostile.gguf");
            File.WriteAllBytes(path, file.Bytes);
            var outcome = OutcomeOf(file, path, probe);
            var kind = outcome.Split(':')[0];
            outcomes[kind] = outcomes.GetValueOrDefault(kind) + 1;
            if (!IsAllowed(file, kind))
                faults.Add($"seed {seed}, {file.Kind}: {outcome}");
        }
        output.WriteLine(string.Join(", ", outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Value} {o.Key}")));
        faults.ShouldBeEmpty();
        outcomes["refused"].ShouldBeGreaterThan(Files / 4);
        outcomes[ModelProbe.Computed].ShouldBeGreaterThan(Files / 5);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static bool IsAllowed(HostileFile file, string kind) => kind switch
    {
        "refused" or ModelProbe.Computed => true,
        // Finite metadata and weights can be such that no finite number comes out.
        "DamagedWeightsException" => true,
        // llama.cpp checks the weights themselves when it loads them.
        "load-failed" => file.IsSpoilt,
        _ => false,
    };

    private string OutcomeOf(HostileFile file, string path, ModelProbe probe)
    {
        try
        {
            if (file.Base is null)
                _inspector.Inspect(path, "mistral-v7");
            else
                _inspector.InspectAdapter(path, file.Base);
        }
        catch (ModelRejectedException e)
        {
            return $"refused: {e.Message}";
        }
        return file.Base is null ? probe.Load(path, null) : probe.Load(file.Base, path);
    }

    private List<string> WriteBases() =>
    [
        .. TinyFamily.Published.Select((family, number) =>
        {
            var path = Path.Combine(_folder.FullName, $"{family.Architecture}-{number}.gguf");
            File.WriteAllBytes(path, family.Build(new Random(number)).ToBytes());
            return path;
        }),
    ];
}
