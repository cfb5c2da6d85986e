namespace SPaR.Method.Pairs;

/// <summary>Whether an instruction shares a run of 13 words with a text that the model is measured on, as GPT-3's authors define it
/// (arXiv 2005.14165, appendix C). Of shorter texts all words have to be the same.</summary>
internal sealed class Contamination(IEnumerable<string> texts)
{
    private const int Words = 13;

    private readonly HashSet<ulong> _grams = [.. texts.SelectMany(text => WordGrams.Of(text, Words))];

    public bool Has(string text) => WordGrams.Of(text, Words).Overlaps(_grams);
}
