namespace SPaR.Service.Storage;

/// <summary>Ids: a prefix for the kind and a UUIDv7, so that ids sort by creation time.</summary>
public static class Ids
{
    /// <param name="prefix"><c>run</c>, <c>set</c>, <c>ins</c>, <c>mdl</c>, …</param>
    /// <returns><c>run_</c> and 32 hexadecimal digits.</returns>
    public static string New(string prefix, TimeProvider time) => $"{prefix}_{Guid.CreateVersion7(time.GetUtcNow()):N}";
}
