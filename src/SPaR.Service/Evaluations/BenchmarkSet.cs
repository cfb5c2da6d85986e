using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Service.Uploads;

namespace SPaR.Service.Evaluations;

/// <summary>Items of a benchmark that a user brought, in order; they never change.</summary>
public sealed class BenchmarkSet
{
    /// <summary><c>bmk_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Whose items they are.</summary>
    public required string Benchmark { get; init; }

    public required int Count { get; init; }

    /// <summary>Of the items in order, however they were sent (<see cref="BenchmarkHash"/>).</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How the file was understood; null in old rows.</summary>
    public UploadReport? Upload { get; init; }
}

/// <summary>A <see cref="BenchmarkItem"/> of a set, as a row.</summary>
public sealed class BenchmarkSetItem
{
    public required string SetId { get; init; }

    /// <summary>Position in the set, from 0; seeds derive from it.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Unique in the set.</summary>
    public required string Key { get; init; }

    public required JsonElement Body { get; init; }
}
