namespace SPaR.HuggingFace.Tokenizer;

/// <summary>The kinds of tokens, with their numbers in GGUF.</summary>
internal enum TokenKind
{
    Normal = 1,

    Unknown = 2,

    Control = 3,

    UserDefined = 4,

    Unused = 5,

    Byte = 6,
}

/// <param name="Score">Of a SentencePiece model: the piece with the largest is merged first. 0 in others.</param>
internal readonly record struct Token(string Text, TokenKind Kind, float Score = 0);

/// <summary>A tokeniser: the same in both formats.</summary>
/// <param name="Model">As in GGUF: <c>gpt2</c> merges bytes, <c>llama</c> merges characters (SentencePiece).</param>
/// <param name="Pre">How a text is split into words, by its name in GGUF.</param>
/// <param name="Tokens">By id; those that only fill the embedding's rows are unused.</param>
/// <param name="Merges">Pairs with a space between, best first.</param>
/// <param name="Special">Ids by role: bos, eos, unknown, padding, eot.</param>
internal sealed record ModelTokenizer(
    string Model, string Pre, ImmutableArray<Token> Tokens, ImmutableArray<string> Merges, IReadOnlyDictionary<string, int> Special)
{
    public const string Bytes = "gpt2", Pieces = "llama";

    public bool AddBegin { get; init; }

    public bool AddEnd { get; init; }

    /// <summary>Of SentencePiece: whether a text gets a space in front.</summary>
    public bool AddSpacePrefix { get; init; }

    public string? ChatTemplate { get; init; }

    /// <summary>The name of a token that no text gives.</summary>
    public static string Unused(int id) => $"[PAD{id}]";
}
