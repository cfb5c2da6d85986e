using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>The name of what an upload becomes.</summary>
internal static class ResourceName
{
    private const int Limit = 200;

    /// <returns>Null if the name can be used.</returns>
    public static FieldError? Fault(string? name) => string.IsNullOrWhiteSpace(name) || name.Length > Limit || name.Contains('\0')
        ? new("name", $"must have 1 to {Limit} characters; give it as the query parameter name.")
        : null;
}
