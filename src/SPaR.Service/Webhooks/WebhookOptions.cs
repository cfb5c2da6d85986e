using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Webhooks;

/// <summary>The section <c>Webhooks</c> of the settings.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    /// <summary>Whether webhooks may lead to this machine and its private networks.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Seconds that a receiver has to answer.</summary>
    [Range(1, 300)]
    public int TimeoutSeconds { get; set; } = 20;
}
