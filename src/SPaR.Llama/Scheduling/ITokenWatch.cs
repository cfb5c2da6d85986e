namespace SPaR.Llama.Scheduling;

/// <summary>Sees the tokens of a request as they are drawn, and may end a sample early. Called on the decode thread; must not
/// block.</summary>
internal interface ITokenWatch
{
    /// <param name="sample">The index of the sample's seed.</param>
    /// <returns>Whether the sample ends with this token.</returns>
    bool IsLast(int sample, int token);
}
