namespace SPaR.Service.Storage;

/// <summary>Identifiers: a prefix that says what it names and a UUIDv7, so that ids sort by the time they were made.</summary>
public static class Ids
{
    /// <param name="prefix"><c>run</c>, <c>set</c>, <c>ins</c>, <c>mdl</c>, …</param>
    /// <returns><c>run_</c> and 32 hexadecimal digits.</returns>
    public static string New(string prefix, TimeProvider time) => $"{prefix}_{Guid.CreateVersion7(time.GetUtcNow()):N}";
}
