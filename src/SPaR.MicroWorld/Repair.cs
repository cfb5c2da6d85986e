using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>Mends a text by small edits, one constraint after the other. It only teaches the first model how mending looks: nothing of
/// the method ever asks it.</summary>
internal static class Repair
{
    /// <summary>Mending one constraint can break another; so often is it begun again.</summary>
    private const int Rounds = 8;

    private static readonly ImmutableArray<ConstraintKind> Order =
        [ConstraintKind.Use, ConstraintKind.Avoid, ConstraintKind.Include, ConstraintKind.End, ConstraintKind.Start];

    private static readonly ImmutableHashSet<string> Characters =
        [.. Vocabulary.Topics.SelectMany(topic => Vocabulary.Characters(topic))];

    /// <param name="constraints">Those that are mended; the others of the instruction are left as they are.</param>
    public static List<string> All(Dice dice, MicroInstruction instruction, IReadOnlyList<Constraint> constraints, List<string> words)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var text = string.Join(' ', words);
            var broken = constraints.Where(c => !Verifier.Meets(c, text)).OrderBy(c => Order.IndexOf(c.Kind)).FirstOrDefault();
            if (broken is null)
                return words;
            words = One(dice, instruction, broken, words);
        }

        return words;
    }

    private static List<string> One(Dice dice, MicroInstruction instruction, Constraint constraint, List<string> words) =>
        constraint.Kind switch
        {
            ConstraintKind.Start => Vocabulary.Adverbs.Contains(words[0])
                ? [constraint.Word, .. words[1..]]
                : [constraint.Word, .. words],
            ConstraintKind.End => [.. words[..^2], constraint.Word, Grammar.Stop],
            ConstraintKind.Include => Include(dice, constraint.Word, words),
            ConstraintKind.Avoid => Avoid(dice, instruction.Topic, constraint.Word, words),
            _ => Use(dice, instruction, Vocabulary.Numbers.IndexOf(constraint.Word) + 1, words),
        };

    /// <summary>Puts the word over an object or character that stands after a verb and does not end the text, else over any.</summary>
    private static List<string> Include(Dice dice, string word, List<string> words)
    {
        var things = Enumerable.Range(0, words.Count - 2).Where(i => IsThing(words[i])).ToList();
        var objects = things.Where(i => IsVerb(i - 2) || IsVerb(i - 3)).ToList();
        var place = dice.Pick(objects.Count > 0 ? objects : things.Count > 0 ? things : [1]);
        return [.. words[..place], word, .. words[(place + 1)..]];

        bool IsVerb(int i) => i >= 0 && Vocabulary.Verbs.Contains(words[i]);
    }

    private static List<string> Avoid(Dice dice, string topic, string word, List<string> words)
    {
        var others = Vocabulary.Characters(topic).Remove(word);
        return [.. words.Select(w => w == word ? dice.Pick(others) : w)];
    }

    /// <summary>Cuts sentences from the end, or writes more.</summary>
    private static List<string> Use(Dice dice, MicroInstruction instruction, int count, List<string> words)
    {
        var avoided = instruction.Constraints.Where(c => c.Kind == ConstraintKind.Avoid).Select(c => c.Word).ToList();
        var ends = Enumerable.Range(0, words.Count).Where(i => words[i] == Grammar.Stop).ToList();
        if (ends.Count > count)
            return words[..(ends[count - 1] + 1)];
        List<string> longer = [.. words];
        for (var i = ends.Count; i < count; i++)
        {
            List<string> sentence;
            do
                sentence = Grammar.Sentence(dice, instruction.Topic);
            while (sentence.Intersect(avoided).Any());
            longer.AddRange(sentence);
        }

        return longer;
    }

    private static bool IsThing(string word) => Characters.Contains(word) || Vocabulary.Objects.Contains(word);
}
