using System.Text;

namespace SPaR.Service.Live;

/// <summary>Separates reasoning from the answer while the text arrives. Holds back what may be part of a mark, and the white space before
/// the answer, after which more reasoning may follow.</summary>
/// <param name="format">Null: the model does not reason.</param>
/// <param name="opened">Whether the prompt opened the reasoning.</param>
internal sealed class ReasonedStream(ReasoningFormat? format, bool opened)
{
    private readonly StringBuilder _before = new();
    private string _reasoning = "";
    private bool _answers = format is null;

    /// <returns>What is new of the answer, and of the reasoning.</returns>
    public (string Text, string Reasoning) Add(string piece)
    {
        if (_answers)
            return (piece, "");
        _before.Append(piece);
        return Give(_before.ToString(0, _before.Length - Uncertain()), isEnd: false);
    }

    /// <returns>What was held back.</returns>
    public (string Text, string Reasoning) Complete() => _answers ? ("", "") : Give(_before.ToString(), isEnd: true);

    private (string Text, string Reasoning) Give(string certain, bool isEnd)
    {
        var (reasoning, before, text) = format!.Split(certain, opened);
        var more = reasoning is not null && reasoning.StartsWith(_reasoning, StringComparison.Ordinal)
            ? reasoning[_reasoning.Length..]
            : "";
        _reasoning += more;
        if (string.IsNullOrWhiteSpace(text) && !isEnd)
            return ("", more);
        // From here on all of it is the answer: marks inside it stay.
        _answers = true;
        var answer = _before.ToString(before.Length, _before.Length - before.Length);
        return (reasoning is null ? answer : answer.TrimStart(), more);
    }

    /// <returns>The length of the longest end of the text that begins a mark.</returns>
    private int Uncertain()
    {
        var (open, close) = (format!.Open, format.Close);
        for (var length = Math.Min(Math.Max(open.Length, close.Length) - 1, _before.Length); length > 0; length--)
        {
            var tail = _before.ToString(_before.Length - length, length);
            if (open.StartsWith(tail, StringComparison.Ordinal) || close.StartsWith(tail, StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}
