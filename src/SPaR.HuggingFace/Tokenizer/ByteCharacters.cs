namespace SPaR.HuggingFace.Tokenizer;

/// <summary>The characters that stand for bytes in the tokens of byte models, as in GPT-2: the visible ones of Latin-1 for themselves, the
/// others from U+0100 on.</summary>
internal static class ByteCharacters
{
    private static readonly ImmutableArray<char> Characters = [.. Enumerable.Range(0, 256).Select(value =>
        IsVisible(value) ? (char)value : (char)(256 + Enumerable.Range(0, value).Count(below => !IsVisible(below))))];

    public static char Of(byte value) => Characters[value];

    private static bool IsVisible(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
}
