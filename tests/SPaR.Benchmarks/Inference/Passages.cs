namespace SPaR.Benchmarks.Inference;

/// <summary>The texts of the workload that are not generated: made-up words, drawn by the text's place, cut to a number of tokens. Made
/// once and used by every arm.</summary>
internal sealed class Passages
{
    private const int ShortestInstruction = 300, LongestInstruction = 700, Answer = 100, Opening = 60, Asking = 40, Refining = 60, Long
        = 400;

    // The instructions' lengths are spread evenly, in no order.
    private static readonly int[] Order = [3, 6, 0, 5, 2, 7, 1, 4];

    private readonly Func<string, int> _count;
    private readonly int _words;
    private readonly string[] _instructions;
    private readonly string[] _answers;
    private readonly string _opening;
    private readonly string _asking;

    /// <param name="count">How many tokens a text has that follows others.</param>
    /// <param name="words">Of how many words the texts are made.</param>
    public Passages(Func<string, int> count, int words)
    {
        (_count, _words) = (count, words);
        _instructions = [.. Order.Select((o, tree) => Text(Length(o), tree))];
        _answers = [.. Order.Select((_, tree) => Text(Answer, 100 + tree))];
        (_opening, _asking, RefineRequest) = (Text(Opening, 200), Text(Asking, 201), Text(Refining, 202));
        Passage = Text(Long, 203);
    }

    public string RefineRequest { get; }

    /// <summary>Of 400 tokens and no part of the workload: for what is measured without trees.</summary>
    public string Passage { get; }

    /// <summary>The tree whose instruction is the longest that is below the mean: scaled up, it makes little of what is not shared.</summary>
    public static int Typical { get; } = Array.IndexOf(Order, Order.Length / 2 - 1);

    public string RootAnswer(int tree) => _answers[tree];

    /// <summary>The prompt by which an answer is judged: what comes before the answer is the same throughout the tree.</summary>
    public string Judge(int tree, string answer) => $"{_opening}{_instructions[tree]}{answer}{_asking}"[1..];

    private static int Length(int order) =>
        ShortestInstruction + (LongestInstruction - ShortestInstruction) * order / (Order.Length - 1);

    /// <summary>A space before each word, the first included.</summary>
    private string Text(int tokens, int seed)
    {
        var dice = new Random(seed);
        var text = "";
        for (var missing = tokens; missing > 0; missing = tokens - _count(text))
        {
            // Never more words than tokens are missing; with pieces of words the last one may go beyond.
            var words = Math.Max(1, missing / Math.Max(1, _count(" " + WordVocabulary.Word(0))));
            text += string.Concat(Enumerable.Range(0, words).Select(_ => " " + WordVocabulary.Word(dice.Next(_words))));
        }
        return text;
    }
}
