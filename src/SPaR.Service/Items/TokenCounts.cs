namespace SPaR.Service.Items;

/// <param name="PrefillComputed">Prompt tokens that were decoded.</param>
/// <param name="PrefillForked">Prompt tokens that were shared with another request instead.</param>
/// <param name="Generated">Tokens drawn.</param>
internal sealed record TokenCounts(long PrefillComputed, long PrefillForked, long Generated);
