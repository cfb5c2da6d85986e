namespace SPaR.Llama.Backend;

/// <summary>What a tokeniser answers about text and single tokens; <see cref="Vocabulary"/> makes use of it. Thread-safe, also while the
/// model is disposed.</summary>
internal interface ITokens
{
    int Count { get; }

    /// <summary>The token that every sequence starts with, where the model wants one.</summary>
    int? BeginOfSequence { get; }

    bool EndsGeneration(int token);

    TokenAttributes Attributes(int token);

    /// <summary>Plain text to tokens: control tokens are not looked for, no beginning-of-sequence token is added.</summary>
    int[] Tokenize(string text);

    /// <summary>A token's text in UTF-8, which may be a part of a character.</summary>
    /// <param name="strip">Whether a space in front is left out.</param>
    /// <param name="control">Whether a control token has text, too.</param>
    /// <returns>Bytes written, or minus the bytes needed.</returns>
    int Piece(int token, Span<byte> to, bool strip, bool control);
}

/// <summary>What a token is, as flags.</summary>
[Flags]
internal enum TokenAttributes
{
    None = 0,
    Control = 1 << 3,
    UserDefined = 1 << 4,
    StripsLeft = 1 << 7,
    StripsRight = 1 << 8,
}
