using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Keys;

/// <summary>Access to the service.</summary>
public sealed class KeysOptions
{
    public const string Section = "Keys";

    /// <summary>Gives full access to everyone who can reach the service; on loopback only.</summary>
    public bool Open { get; set; }

    /// <summary>A file with an admin key. At startup the service creates a key in it unless it holds a live one; null: no file.</summary>
    public string? File { get; set; }

    /// <summary>Requests per minute for a key without its own limit, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Keys:RequestsPerMinute is out of range; it must be 1 to 1000000.")]
    public int RequestsPerMinute { get; set; } = 3000;

    /// <summary>Requests per minute and address without a valid key, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Keys:UnknownPerMinute is out of range; it must be 1 to 1000000.")]
    public int UnknownPerMinute { get; set; } = 120;

    /// <summary>The largest upload with a key without its own limit, 1 KiB to 1 TiB.</summary>
    [Range(1L << 10, 1L << 40, ErrorMessage = "Keys:MaxBodyBytes is out of range; it must be 1024 to 1099511627776.")]
    public long MaxBodyBytes { get; set; } = 2L << 30;

    /// <summary>Uploads, downloads and event streams of a key at a time, 1 to 10,000.</summary>
    [Range(1, 10_000, ErrorMessage = "Keys:MaxStreams is out of range; it must be 1 to 10000.")]
    public int MaxStreams { get; set; } = 32;

    /// <summary>Days that audit entries are kept, 1 to 3650.</summary>
    [Range(1, 3650, ErrorMessage = "Keys:AuditDays is out of range; it must be 1 to 3650.")]
    public int AuditDays { get; set; } = 365;
}
