using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>Writes text about a topic, with no eye on any constraint.</summary>
internal static class Grammar
{
    public const string Stop = ".";

    private const double Adverb = 0.25, Adjective = 0.3, Object = 0.5, Place = 0.4;

    private static readonly ImmutableArray<int> Lengths = [1, 1, 2, 2, 3];

    /// <param name="sentences">Null: one to three, the third more seldom.</param>
    public static List<string> Draft(Dice dice, string topic, int? sentences)
    {
        var count = sentences ?? dice.Pick(Lengths);
        return [.. Enumerable.Range(0, count).SelectMany(_ => Sentence(dice, topic))];
    }

    /// <summary><c>[ADVERB] the [ADJECTIVE] CHARACTER VERB the [ADJECTIVE] OBJECT-OR-CHARACTER [PREPOSITION the PLACE] .</c></summary>
    public static List<string> Sentence(Dice dice, string topic)
    {
        var words = new List<string>();
        if (dice.Happens(Adverb))
            words.Add(dice.Pick(Vocabulary.Adverbs));
        AddThing(Vocabulary.Characters(topic));
        words.Add(dice.Pick(Vocabulary.Verbs));
        AddThing(dice.Happens(Object) ? Vocabulary.Objects : Vocabulary.Characters(topic));
        if (dice.Happens(Place))
            words.AddRange([dice.Pick(Vocabulary.Prepositions), "the", dice.Pick(Vocabulary.Places)]);
        words.Add(Stop);
        return words;

        void AddThing(ImmutableArray<string> names)
        {
            words.Add("the");
            if (dice.Happens(Adjective))
                words.Add(dice.Pick(Vocabulary.Adjectives));
            words.Add(dice.Pick(names));
        }
    }
}
