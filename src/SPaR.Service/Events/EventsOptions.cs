using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Events;

/// <summary>The section <c>Events</c> of the settings.</summary>
internal sealed class EventsOptions
{
    public const string Section = "Events";

    /// <summary>Days that events are kept.</summary>
    [Range(1, 3650)]
    public int KeepDays { get; set; } = 90;

    /// <summary>Seconds after which a stream without news sends the progress again, so that no proxy takes it for dead.</summary>
    [Range(1, 3600)]
    public int HeartbeatSeconds { get; set; } = 20;
}
