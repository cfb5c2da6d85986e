using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>Writes text about a topic, ignoring constraints.</summary>
internal static class Grammar
{
    public const string Stop = ".";

    private const double Adverb = 0.25, Adjective = 0.3, Object = 0.5, Place = 0.4;

    private static readonly ImmutableArray<int> Lengths = [1, 1, 2, 2, 3];

    /// <param name="sentences">Null draws one to three, three less often.</param>
    public static List<string> Draft(MicroRandom random, string topic, int? sentences)
    {
        var count = sentences ?? random.Pick(Lengths);
        return [.. Enumerable.Range(0, count).SelectMany(_ => Sentence(random, topic))];
    }

    /// <summary><c>[ADVERB] the [ADJECTIVE] CHARACTER VERB the [ADJECTIVE] OBJECT-OR-CHARACTER [PREPOSITION the PLACE] .</c></summary>
    public static List<string> Sentence(MicroRandom random, string topic)
    {
        var words = new List<string>();
        if (random.Happens(Adverb))
            words.Add(random.Pick(Vocabulary.Adverbs));
        AddThing(Vocabulary.Characters(topic));
        words.Add(random.Pick(Vocabulary.Verbs));
        AddThing(random.Happens(Object) ? Vocabulary.Objects : Vocabulary.Characters(topic));
        if (random.Happens(Place))
            words.AddRange([random.Pick(Vocabulary.Prepositions), "the", random.Pick(Vocabulary.Places)]);
        words.Add(Stop);
        return words;

        void AddThing(ImmutableArray<string> names)
        {
            words.Add("the");
            if (random.Happens(Adjective))
                words.Add(random.Pick(Vocabulary.Adjectives));
            words.Add(random.Pick(names));
        }
    }
}
