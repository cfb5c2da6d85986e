using System.Collections.Immutable;

namespace SPaR.MicroWorld;

/// <summary>The words of the tiny language. A word's index in <see cref="Tokens"/> is its id in the model, so the order of every list here
/// is part of the model's file format.</summary>
public static class Vocabulary
{
    public static ImmutableArray<string> Control { get; } = ["<pad>", "<s>", "</s>", "[INST]", "[/INST]"];

    public static ImmutableArray<string> Functions { get; } = Split(
        "judge refine write about start with end include avoid use sentences sentence the . ok bad Yes No");

    /// <summary>In order, from 1.</summary>
    public static ImmutableArray<string> Numbers { get; } = Split("one two three");

    public static ImmutableArray<string> Topics { get; } = Split("sea forest castle city farm school");

    public static ImmutableArray<string> Objects { get; } = Split(
        "lantern letter candle basket mirror violin blanket ladder ring bottle feather stone drum key kite rope");

    public static ImmutableArray<string> Places { get; } = Split(
        "garden mountain river window bridge market tower library meadow harbor cave valley kitchen hill church lake");

    public static ImmutableArray<string> Adjectives { get; } = Split(
        "old young brave tiny happy sad quiet clever golden silver strange lonely gentle angry bright dark");

    public static ImmutableArray<string> Verbs { get; } = Split(
        "saw found followed helped chased carried watched loved met called missed painted");

    public static ImmutableArray<string> Prepositions { get; } = Split("near behind beside under inside above");

    public static ImmutableArray<string> Adverbs { get; } = Split(
        "yesterday today suddenly once later tonight finally slowly quietly maybe often always somehow outside meanwhile soon");

    private static ImmutableDictionary<string, ImmutableArray<string>> ByTopic { get; } = new Dictionary<string, ImmutableArray<string>>
    {
        ["sea"] = Split("diver sailor whale captain fisher shark pirate crab"),
        ["forest"] = Split("fox bear owl elf hunter wolf deer squirrel"),
        ["castle"] = Split("king queen knight dragon jester prince wizard guard"),
        ["city"] = Split("driver baker painter mayor doctor waiter dancer thief"),
        ["farm"] = Split("farmer cow horse sheep duck rooster goat donkey"),
        ["school"] = Split("teacher student pupil nurse janitor singer poet coach"),
    }.ToImmutableDictionary();

    /// <summary>The tokens of words and control marks, in the order of their ids. The model has another 256 tokens for single bytes, so
    /// that any text can be tokenised; it was never trained on those.</summary>
    public static ImmutableArray<string> Tokens { get; } =
    [
        .. Control, .. Functions, .. Numbers, .. Topics, .. Topics.SelectMany(topic => Characters(topic)),
        .. Objects, .. Places, .. Adjectives, .. Verbs, .. Prepositions, .. Adverbs, ";",
    ];

    /// <summary>The size of the model's vocabulary: these tokens and the bytes.</summary>
    public static int Size { get; } = Tokens.Length + 256;

    /// <summary>The eight characters of a topic.</summary>
    /// <exception cref="KeyNotFoundException">Not one of <see cref="Topics"/>.</exception>
    public static ImmutableArray<string> Characters(string topic) => ByTopic[topic];

    private static ImmutableArray<string> Split(string words) => [.. words.Split(' ')];
}
