using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <summary>Reads a query parameter that is one of a few names.</summary>
internal static class EnumChoice
{
    /// <returns>The default of the type, with an error, if there is no such name.</returns>
    public static T Read<T>(string parameter, string name, List<FieldError> errors)
        where T : struct, Enum
    {
        if (EnumName.TryParse<T>(name, out var value))
            return value;
        var names = string.Join(", ", Enum.GetValues<T>().Select(EnumName.Of));
        errors.Add(new(parameter, $"is '{name}'; use one of {names}."));
        return default;
    }
}
