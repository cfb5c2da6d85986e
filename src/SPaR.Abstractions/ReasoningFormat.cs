namespace SPaR.Abstractions;

/// <summary>The marks around what a model thinks before it answers: <c>&lt;think&gt;…&lt;/think&gt;</c>.</summary>
/// <param name="IsOpened">Whether the prompt of a model that may think ends with <paramref name="Open"/>, so that its reply has only
/// <paramref name="Close"/>.</param>
public sealed record ReasoningFormat(string Open, string Close, bool IsOpened = false)
{
    /// <summary>Separates the reasoning from the answer. Only what the reply starts with is reasoning: marks inside the answer stay. If
    /// the reasoning has no end, it is the whole reply.</summary>
    /// <param name="opened">Whether the prompt opened the reasoning.</param>
    public ReasonedText Split(string reply, bool opened)
    {
        var start = SkipWhite(reply, 0);
        if (reply.AsSpan(start).StartsWith(Open, StringComparison.Ordinal))
            start += Open.Length;
        else if (opened)
            start = 0;
        else
            return new(null, "", reply);
        if (EndOf(reply, start) is not { } end)
            return new(reply[start..].Trim(), reply, "");
        var after = AfterClose(reply, end);
        // A model may reason twice before it answers.
        var rest = Split(reply[after..], opened: false);
        return new($"{reply[start..end].Trim()}\n\n{rest.Reasoning}".Trim(), reply[..after] + rest.Before, rest.Text);
    }

    /// <summary>The answer of an assistant turn that is given as text, in a prompt or as training data. If prompts open the reasoning, the
    /// text may have only its end.</summary>
    public string AnswerOf(string turn)
    {
        var split = Split(turn, IsOpened && turn.Contains(Close, StringComparison.Ordinal));
        return split.Reasoning is null ? turn : split.Text.TrimStart();
    }

    /// <summary>The marks in a text, in order.</summary>
    public IEnumerable<(int At, string Mark)> In(string text, int from = 0)
    {
        while (true)
        {
            var (open, close) = (text.IndexOf(Open, from, StringComparison.Ordinal), text.IndexOf(Close, from, StringComparison.Ordinal));
            if (open < 0 && close < 0)
                yield break;
            var (at, mark) = close < 0 || (open >= 0 && open < close) ? (open, Open) : (close, Close);
            yield return (at, mark);
            from = at + mark.Length;
        }
    }

    /// <returns>Where the mark is that closes the reasoning. Marks inside it are counted; if some are never closed, the last mark
    /// counts.</returns>
    private int? EndOf(string reply, int from)
    {
        var (depth, last) = (1, (int?)null);
        foreach (var (at, mark) in In(reply, from))
        {
            depth += mark == Close ? -1 : 1;
            if (mark == Close)
                last = at;
            if (depth == 0)
                break;
        }

        return last;
    }

    /// <summary>Where the answer starts: after the mark at <paramref name="end"/>, and after any that only repeats it.</summary>
    private int AfterClose(string reply, int end)
    {
        var after = end;
        for (var next = end; reply.AsSpan(next).StartsWith(Close, StringComparison.Ordinal); next = SkipWhite(reply, after))
            after = next + Close.Length;
        return after;
    }

    private static int SkipWhite(string text, int from)
    {
        while (from < text.Length && char.IsWhiteSpace(text[from]))
            from++;
        return from;
    }
}

/// <param name="Reasoning">Without its marks and the white space around it; null if there is none.</param>
/// <param name="Before">Everything that was written before <paramref name="Text"/>, marks included.</param>
/// <param name="Text">The answer, white space included.</param>
public readonly record struct ReasonedText(string? Reasoning, string Before, string Text);
