namespace SPaR.Benchmarks.Inference;

/// <summary>The prompts' fixed texts: made-up words of a given number of tokens, with a seed for each text. Every arm uses the same
/// ones.</summary>
internal sealed class WorkloadTexts
{
    private const int ShortestInstruction = 300, LongestInstruction = 700, Answer = 100, Opening = 60, Question = 40, Refine = 60,
        Long = 400;

    // The instructions' lengths are evenly spaced, in this order.
    private static readonly int[] Order = [3, 6, 0, 5, 2, 7, 1, 4];

    private readonly Func<string, int> _count;
    private readonly int _words;
    private readonly string[] _instructions;
    private readonly string[] _answers;
    private readonly string _opening;
    private readonly string _question;

    /// <param name="count">Counts the tokens of a text that follows others.</param>
    /// <param name="words">The number of different words.</param>
    public WorkloadTexts(Func<string, int> count, int words)
    {
        (_count, _words) = (count, words);
        _instructions = [.. Order.Select((o, tree) => Text(Length(o), tree))];
        _answers = [.. Order.Select((_, tree) => Text(Answer, 100 + tree))];
        (_opening, _question, RefineRequest) = (Text(Opening, 200), Text(Question, 201), Text(Refine, 202));
        LongText = Text(Long, 203);
    }

    public string RefineRequest { get; }

    /// <summary>400 tokens that are not part of the workload, for measurements without trees.</summary>
    public string LongText { get; }

    /// <summary>The tree with the longest instruction below the mean: scaled up, it does not exaggerate what is not
    /// shared.</summary>
    public static int Typical { get; } = Array.IndexOf(Order, Order.Length / 2 - 1);

    public string RootAnswer(int tree) => _answers[tree];

    /// <summary>The prompt that judges an answer. What precedes the answer is the same throughout the tree.</summary>
    public string Judge(int tree, string answer) => $"{_opening}{_instructions[tree]}{answer}{_question}"[1..];

    private static int Length(int order) =>
        ShortestInstruction + (LongestInstruction - ShortestInstruction) * order / (Order.Length - 1);

    /// <summary>A space before each word, the first included.</summary>
    private string Text(int tokens, int seed)
    {
        var random = new Random(seed);
        var text = "";
        for (var missing = tokens; missing > 0; missing = tokens - _count(text))
        {
            // Never more words than missing tokens; a last word of several tokens may exceed the length.
            var words = Math.Max(1, missing / Math.Max(1, _count(" " + WordVocabulary.Word(0))));
            text += string.Concat(Enumerable.Range(0, words).Select(_ => " " + WordVocabulary.Word(random.Next(_words))));
        }
        return text;
    }
}
