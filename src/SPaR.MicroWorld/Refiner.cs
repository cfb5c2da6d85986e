using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>Refines a text by small edits, one constraint after the other. It only writes examples for the first model; the method never
/// uses it.</summary>
internal static class Refiner
{
    /// <summary>Meeting one constraint can break another, so the edits are repeated at most this often.</summary>
    private const int Rounds = 8;

    private static readonly ImmutableArray<ConstraintKind> Order =
        [ConstraintKind.Use, ConstraintKind.Avoid, ConstraintKind.Include, ConstraintKind.End, ConstraintKind.Start];

    private static readonly ImmutableHashSet<string> Characters =
        [.. Vocabulary.Topics.SelectMany(topic => Vocabulary.Characters(topic))];

    /// <param name="constraints">Those to meet; the instruction's others are ignored.</param>
    public static List<string> Refine(
        MicroRandom random, MicroInstruction instruction, IReadOnlyList<Constraint> constraints, List<string> words)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var text = string.Join(' ', words);
            var broken = constraints.Where(c => !Verifier.Meets(c, text)).OrderBy(c => Order.IndexOf(c.Kind)).FirstOrDefault();
            if (broken is null)
                return words;
            words = Meet(random, instruction, broken, words);
        }

        return words;
    }

    private static List<string> Meet(MicroRandom random, MicroInstruction instruction, Constraint constraint, List<string> words) =>
        constraint.Kind switch
        {
            ConstraintKind.Start => Vocabulary.Adverbs.Contains(words[0])
                ? [constraint.Word, .. words[1..]]
                : [constraint.Word, .. words],
            ConstraintKind.End => [.. words[..^2], constraint.Word, Grammar.Stop],
            ConstraintKind.Include => Include(random, constraint.Word, words),
            ConstraintKind.Avoid => Avoid(random, instruction.Topic, constraint.Word, words),
            _ => Use(random, instruction, Vocabulary.Numbers.IndexOf(constraint.Word) + 1, words),
        };

    /// <summary>Replaces an object or character by the word: one that follows a verb and does not end the text, if there is one.</summary>
    private static List<string> Include(MicroRandom random, string word, List<string> words)
    {
        var things = Enumerable.Range(0, words.Count - 2).Where(i => IsThing(words[i])).ToList();
        var objects = things.Where(i => IsVerb(i - 2) || IsVerb(i - 3)).ToList();
        var place = random.Pick(objects.Count > 0 ? objects : things.Count > 0 ? things : [1]);
        return [.. words[..place], word, .. words[(place + 1)..]];

        bool IsVerb(int i) => i >= 0 && Vocabulary.Verbs.Contains(words[i]);
    }

    private static List<string> Avoid(MicroRandom random, string topic, string word, List<string> words)
    {
        var others = Vocabulary.Characters(topic).Remove(word);
        return [.. words.Select(w => w == word ? random.Pick(others) : w)];
    }

    /// <summary>Removes sentences from the end, or adds some.</summary>
    private static List<string> Use(MicroRandom random, MicroInstruction instruction, int count, List<string> words)
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
                sentence = Grammar.Sentence(random, instruction.Topic);
            while (sentence.Intersect(avoided).Any());
            longer.AddRange(sentence);
        }

        return longer;
    }

    private static bool IsThing(string word) => Characters.Contains(word) || Vocabulary.Objects.Contains(word);
}
