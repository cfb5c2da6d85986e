using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Idempotency;

/// <summary>Requests that are sent again with the same <c>Idempotency-Key</c>.</summary>
public sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>Hours that an answer is kept for its key, 0.01 to 8760.</summary>
    [Range(0.01, 8760, ErrorMessage = "Idempotency:KeepHours is out of range; it must be 0.01 to 8760.")]
    public double KeepHours { get; set; } = 24;

    internal TimeSpan Kept => TimeSpan.FromHours(KeepHours);
}
