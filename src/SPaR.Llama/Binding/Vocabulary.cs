using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using LLama.Native;

namespace SPaR.Llama.Binding;

internal readonly record struct ControlToken(int Id, string Text, TokenAttributes Attributes);

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

/// <summary>A model's tokeniser. Thread-safe, even while the model is disposed. Knows no templates and no conversations.</summary>
internal sealed class Vocabulary
{
    private readonly SafeLlamaModelHandle _model;
    private readonly SafeLlamaModelHandle.Vocabulary _native;

    public Vocabulary(SafeLlamaModelHandle model)
    {
        (_model, _native) = (model, model.Vocab);
        Count = _native.Count;
        BeginOfSequence = _native is { ShouldAddBOS: true, BOS: { } begin } ? (int)begin : null;
        EndsGeneration = [.. Enumerable.Range(0, Count).Select(t => ((LLamaToken)t).IsEndOfGeneration(_native))];
        Control = [.. Enumerable.Range(0, Count)
            .Select(t => (Id: t, Attributes: (TokenAttributes)((LLamaToken)t).GetAttributes(_native)))
            .Where(t => (t.Attributes & (TokenAttributes.Control | TokenAttributes.UserDefined)) != 0)
            .Select(t => new ControlToken(t.Id, TextOf(t.Id), t.Attributes))
            .Where(t => t.Text.Length > 0)
            .OrderByDescending(t => t.Text.Length).ThenBy(t => t.Id)];
        PrefixesSpace = Detokenize(Tokenize("a")) == " a";
    }

    public int Count { get; }

    /// <summary>Whether the tokeniser adds a space before every text.</summary>
    public bool PrefixesSpace { get; }

    /// <summary>The token that every sequence starts with; null if the model has none.</summary>
    public int? BeginOfSequence { get; }

    /// <summary>[vocabulary] Whether the token ends the model's turn.</summary>
    public ImmutableArray<bool> EndsGeneration { get; }

    /// <summary>Control and user-defined tokens, the longest first.</summary>
    public ImmutableArray<ControlToken> Control { get; }

    /// <summary>Plain text to tokens: finds no control tokens and adds no beginning-of-sequence token.</summary>
    public int[] Tokenize(string text)
    {
        if (text.Length == 0)
            return [];
        using var use = new ModelUse(_model);
        return Array.ConvertAll(_model.Tokenize(text, addBos: false, special: false, Encoding.UTF8), t => (int)t);
    }

    /// <summary>Tokens to text, all at once, as several tokens may form one character. Leaves control tokens out, except visible ones.
    /// Bytes that are not UTF-8 become U+FFFD, and so does U+0000, which PostgreSQL cannot store. Keeps all white space: llama.cpp's own
    /// detokeniser removes the space before a full stop, and the text would have other tokens.</summary>
    /// <param name="visible">The texts of control tokens to keep.</param>
    public string Detokenize(ReadOnlySpan<int> tokens, params ImmutableArray<string> visible)
    {
        var bytes = new byte[16 + tokens.Length * 8];
        var length = 0;
        var kept = IdsOf(visible);
        for (var i = 0; i < tokens.Length; i++)
            length += Append(tokens[i], ref bytes, length, strip: i == 0 && PrefixesSpace, control: kept.Contains(tokens[i]));
        return Encoding.UTF8.GetString(bytes, 0, length).Replace('\0', '\uFFFD');
    }

    /// <returns>The ids of control tokens by their texts.</returns>
    public ImmutableArray<int> IdsOf(ImmutableArray<string> control) =>
        [.. Control.Where(t => control.Contains(t.Text)).Select(t => t.Id)];

    /// <summary>The bytes of one token, as <see cref="Detokenize"/> reads it; the end of a character may be in the next one.</summary>
    /// <param name="buffer">Grows as needed.</param>
    /// <param name="isFirst">Whether it is the first token of a text.</param>
    /// <param name="isVisible">Whether it counts even if it is a control token.</param>
    public ReadOnlySpan<byte> BytesOf(int token, ref byte[] buffer, bool isFirst, bool isVisible) =>
        buffer.AsSpan(0, Append(token, ref buffer, 0, strip: isFirst && PrefixesSpace, control: isVisible));

    private string TextOf(int token)
    {
        var bytes = new byte[32];
        return Encoding.UTF8.GetString(bytes, 0, Append(token, ref bytes, 0, strip: false, control: true));
    }

    /// <returns>Bytes written.</returns>
    private int Append(int token, ref byte[] bytes, int at, bool strip, bool control)
    {
        using var use = new ModelUse(_model);
        var written = NativeApi.llama_token_to_piece(_native, token, bytes.AsSpan(at), strip ? 1 : 0, control);
        if (written >= 0)
            return written;
        // Minus the number of bytes that it needs.
        Array.Resize(ref bytes, 2 * bytes.Length - written);
        return NativeApi.llama_token_to_piece(_native, token, bytes.AsSpan(at), strip ? 1 : 0, control);
    }

    /// <summary>Keeps the model alive while it is used: LLamaSharp's vocabulary is a bare pointer into it.</summary>
    private readonly ref struct ModelUse
    {
        private readonly SafeHandle _model;

        public ModelUse(SafeHandle model)
        {
            var added = false;
            model.DangerousAddRef(ref added);
            _model = model;
        }

        public void Dispose() => _model.DangerousRelease();
    }
}
