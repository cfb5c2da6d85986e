using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>The check of the judge on a few instructions before a run.</summary>
public sealed record PreflightOptions
{
    /// <summary>Stops the run if a smaller share of the votes has a readable verdict: nearly all answers would get no label. 0 never
    /// stops.</summary>
    [Range(0, 1)]
    public double StopBelow { get; init; } = 0.1;
}
