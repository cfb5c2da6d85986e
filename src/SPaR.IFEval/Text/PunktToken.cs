using System.Buffers;
using System.Text;

namespace SPaR.IFEval.Text;

/// <summary>A word or a mark as Punkt cuts them, and whether a sentence ends after it, judged by the next one.</summary>
internal readonly record struct PunktToken(string Text)
{
    private const string NumberType = "##number##";

    // No word begins with one of the first, and no word continues past one of the second.
    private const string NotAtStart = "(\"`{[:;&#*@)}]-,";
    private const string NotWithin = ")\";}]*:@'({[?!";

    private static readonly SearchValues<char> InNumber = SearchValues.Create("0123456789,.-");

    private enum Opening
    {
        Yes,
        No,
        Unknown,
    }

    private bool EndsWithPeriod => Text.EndsWith('.');

    private bool IsEllipsis => Text.Length > 1 && !Text.AsSpan().ContainsAnyExcept('.');

    private bool IsAbbreviation
    {
        get
        {
            if (!EndsWithPeriod || Text.EndsWith("..", StringComparison.Ordinal))
                return false;
            var word = PythonText.Lower(Text[..^1]);
            return PunktWords.Abbreviations.Contains(word) || PunktWords.Abbreviations.Contains(word[(word.LastIndexOf('-') + 1)..]);
        }
    }

    /// <summary>A letter and a period.</summary>
    private bool IsInitial => EndsWithPeriod && Rune.DecodeFromUtf16(Text, out var first, out var length) == OperationStatus.Done &&
        length == Text.Length - 1 && (Rune.IsLetter(first) || first.Value == '_');

    private bool BeginsWithCapital => Rune.DecodeFromUtf16(Text, out var first, out _) == OperationStatus.Done && Rune.IsUpper(first);

    private bool BeginsWithSmall => Rune.DecodeFromUtf16(Text, out var first, out _) == OperationStatus.Done && Rune.IsLower(first);

    /// <summary>In lower case, without the last period; all numbers are the same.</summary>
    private string Type => IsNumber ? NumberType : PythonText.Lower(Text.Length > 1 && EndsWithPeriod ? Text[..^1] : Text);

    private bool IsNumber
    {
        get
        {
            var digits = Text.AsSpan();
            if (digits.StartsWith("-", StringComparison.Ordinal))
                digits = digits[1..];
            if (digits is ['.' or ',', ..])
                digits = digits[1..];
            return digits.Length > 0 && char.IsDigit(digits[0]) && !digits.ContainsAnyExcept(InNumber);
        }
    }

    /// <summary>Whether a sentence ends between this and the next: at every ? and !, and at a period, unless this is an abbreviation, an
    /// ellipsis, an initial or a number and the next word does not look like the first of a sentence.</summary>
    public bool EndsSentenceBefore(PunktToken next)
    {
        if (Text is "?" or "!")
            return true;
        if (!EndsWithPeriod)
            return false;
        if (PunktWords.AfterNumber.Contains(next.Type) && Type == NumberType)
            return false;
        var opening = next.OpensSentence();
        // A period by itself ends a sentence.
        var ends = Text == "." || (!IsEllipsis && !IsAbbreviation && !Text.EndsWith("..", StringComparison.Ordinal));
        if ((IsAbbreviation || IsEllipsis) && !IsInitial)
            return opening == Opening.Yes || (next.BeginsWithCapital && PunktWords.Openers.Contains(next.Type));
        if (!IsInitial && Type != NumberType)
            return ends;
        if (opening == Opening.No)
            return false;
        return ends && !(IsInitial && next.BeginsWithCapital && !PunktWords.IsOrdinary(next.Type));
    }

    /// <summary>Whether a word looks like the first of a sentence: yes for a capital on a word that is otherwise in lower case, no for a
    /// lower-case letter or a mark.</summary>
    private Opening OpensSentence()
    {
        if (Text is ";" or ":" or "," or "." or "!" or "?" || BeginsWithSmall)
            return Opening.No;
        return BeginsWithCapital && PunktWords.SmallWithin.Contains(Type) ? Opening.Yes : Opening.Unknown;
    }

    public static IReadOnlyList<PunktToken> Read(ReadOnlySpan<char> text)
    {
        var tokens = new List<PunktToken>();
        for (var at = 0; at < text.Length;)
        {
            if (PythonText.IsSpace(text[at]))
            {
                at++;
                continue;
            }

            var length = Run(text[at..]);
            if (length == 0)
                length = NotAtStart.Contains(text[at], StringComparison.Ordinal) ? 1 : Word(text[at..]);
            tokens.Add(new(text.Slice(at, length).ToString()));
            at += length;
        }

        return tokens;
    }

    /// <returns>The length of a dash, an ellipsis, or an ellipsis with spaces; 0 if there is none.</returns>
    private static int Run(ReadOnlySpan<char> text)
    {
        var mark = text.IsEmpty ? ' ' : text[0];
        if (mark is not ('-' or '.'))
            return 0;
        var same = text.IndexOfAnyExcept(mark);
        same = same < 0 ? text.Length : same;
        if (same > 1)
            return same;
        var spaced = 1;
        while (mark == '.' && spaced + 1 < text.Length && text[spaced] != '\n' && PythonText.IsSpace(text[spaced])
            && text[spaced + 1] == '.')
            spaced += 2;
        return spaced >= 5 ? spaced : 0;
    }

    private static int Word(ReadOnlySpan<char> text)
    {
        var length = 1;
        while (!IsWordEnd(text[length..]))
            length++;
        return length;
    }

    private static bool IsWordEnd(ReadOnlySpan<char> rest) => IsEdge(rest) || (rest[0] == ',' && IsEdge(rest[1..]));

    private static bool IsEdge(ReadOnlySpan<char> rest) =>
        rest.IsEmpty || PythonText.IsSpace(rest[0]) || NotWithin.Contains(rest[0], StringComparison.Ordinal) || Run(rest) > 0;
}
