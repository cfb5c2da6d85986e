using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Training data that was uploaded, or frozen from the pairs of runs; never changed.</summary>
public sealed class Dataset
{
    /// <summary><c>ds_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>From 1; the next dataset of the same name has the next one.</summary>
    public required int Version { get; init; }

    /// <summary>The format of the upload (<see cref="DatasetFormats"/>); <see cref="Frozen"/> if it was frozen from runs.</summary>
    public required string Format { get; init; }

    public required DatasetKind Kind { get; init; }

    public required int Count { get; init; }

    /// <summary>SHA-256 of its rows in order, independent of the format.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Of the upload, as it was sent; null in old rows.</summary>
    public long? Bytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How the file was understood; null in old rows, and if it was frozen from runs.</summary>
    public UploadReport? Upload { get; init; }

    /// <summary>The runs that it was frozen from; null for an upload.</summary>
    public DatasetOrigin? Origin { get; init; }

    /// <summary>The recipes of these runs, as they were then; null for an upload.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Recipes { get; init; }

    public const string Frozen = "frozen";
}

/// <summary>What a dataset was frozen from.</summary>
/// <param name="Runs">In the order of its rows.</param>
/// <param name="Rounds">Null for all rounds.</param>
/// <param name="Filters">Which pairs were left out.</param>
/// <param name="Filtered">Whether pairs that the runs' recipes leave out of trainings were taken too.</param>
/// <param name="Pairs">How many there were.</param>
/// <param name="LeftOut">How many each filter left out. A pair counts for the first that leaves it out; <c>recipe</c> is the filters of
/// its run.</param>
/// <param name="Models">SHA-256 of every model that answered, refined or judged in these rounds, by its id.</param>
public sealed record DatasetOrigin(
    IReadOnlyList<string> Runs, IReadOnlyList<int>? Rounds, PairFilterOptions Filters, bool Filtered, int Pairs,
    IReadOnlyDictionary<string, int> LeftOut, IReadOnlyDictionary<string, string> Models)
{
    /// <summary>The filters of a run's own recipe, which come before all others.</summary>
    public const string ByRecipe = "recipe";

    /// <summary>A <c>jsonb</c> column does not keep the order in which the filters are applied.</summary>
    internal DatasetOrigin InOrder() => this with
    {
        LeftOut = Enum.GetValues<PairFilter>().Select(EnumName.Of).Prepend(ByRecipe).Where(LeftOut.ContainsKey)
            .ToDictionary(filter => filter, filter => LeftOut[filter]),
    };
}

/// <summary>The versions of a name that there have been, so that none is ever given twice.</summary>
public sealed class DatasetName
{
    public required string Name { get; init; }

    public required int Versions { get; init; }
}

public enum DatasetKind
{
    /// <summary>A prompt with a chosen and a rejected answer.</summary>
    Preferences,

    /// <summary>Conversations to imitate.</summary>
    Conversations,
}

public sealed class DatasetRow
{
    public required string DatasetId { get; init; }

    public required int Ordinal { get; init; }

    /// <summary>Its place in the upload: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</summary>
    public required string Place { get; init; }

    /// <summary>Of a preference: the conversation up to the answer. Of an example: the whole conversation.</summary>
    public required ImmutableArray<TrainingMessage> Messages { get; init; }

    /// <summary>Null for an example.</summary>
    public string? Chosen { get; init; }

    /// <summary>Null for an example.</summary>
    public string? Rejected { get; init; }

    /// <summary>Columns that the format does not have, if they are kept.</summary>
    public JsonNode? Metadata { get; init; }

    /// <summary>The pair that it was frozen from; null for an upload.</summary>
    public string? PairId { get; init; }

    /// <summary>What was known of that pair then.</summary>
    public PairFacts? Facts { get; init; }

    /// <summary>The characters of its texts.</summary>
    internal int Length => Messages.Sum(m => m.Content.Length) + (Chosen?.Length ?? 0) + (Rejected?.Length ?? 0);
}

/// <summary>What was known of a pair when it was frozen.</summary>
/// <param name="VerifierAgrees">Whether a program finds that the chosen answer follows all constraints and the rejected one does not; null
/// if none can be checked.</param>
/// <param name="Human">What a person had said of it; null if nobody had.</param>
/// <param name="FilteredBy">The filter of its run that leaves it out of trainings.</param>
public sealed record PairFacts(
    string Run, int Round, string Instruction, double ChosenValue, double RejectedValue, double Similarity, bool? VerifierAgrees,
    HumanVerdict? Human, PairFilter? FilteredBy);
