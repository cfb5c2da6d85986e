using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Keys;

/// <summary>How the service is closed.</summary>
public sealed class KeysOptions
{
    public const string Section = "Keys";

    /// <summary>Lets in everybody who reaches the service; on loopback only.</summary>
    public bool Open { get; set; }

    /// <summary>Where the service keeps an admin key for whoever may read the file, made at the start where it holds no live one; null:
    /// nowhere.</summary>
    public string? File { get; set; }

    /// <summary>Of a key that has no limit of its own, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Keys:RequestsPerMinute is out of range; it must be 1 to 1000000.")]
    public int RequestsPerMinute { get; set; } = 3000;

    /// <summary>Of all who show no valid key, together, from one address, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Keys:UnknownPerMinute is out of range; it must be 1 to 1000000.")]
    public int UnknownPerMinute { get; set; } = 120;

    /// <summary>The longest upload with a key that has no limit of its own, 1 KiB to 1 TiB.</summary>
    [Range(1L << 10, 1L << 40, ErrorMessage = "Keys:MaxBodyBytes is out of range; it must be 1024 to 1099511627776.")]
    public long MaxBodyBytes { get; set; } = 2L << 30;

    /// <summary>How long the audit log is kept, 1 to 3650 days.</summary>
    [Range(1, 3650, ErrorMessage = "Keys:AuditDays is out of range; it must be 1 to 3650.")]
    public int AuditDays { get; set; } = 365;
}
