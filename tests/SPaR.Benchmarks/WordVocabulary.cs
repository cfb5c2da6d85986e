using SPaR.Gguf;

namespace SPaR.Benchmarks;

/// <summary>A vocabulary of made-up words. Each is one token, including the space before it: a text of n words has n tokens, even when it
/// is generated and then used in another prompt. The control tokens of a chat template come first; it has nothing else.</summary>
internal sealed record WordVocabulary(int Count)
{
    public const string Template = "mistral-v7";

    private const int Begin = 1, End = 2, Normal = 1, Control = 3;

    private static readonly string[] ControlTokens =
        ["<pad>", "<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"];

    private static readonly string[] Syllables =
        [.. "bdfgklmnprstvzcj".SelectMany(c => new[] { $"{c}a", $"{c}o" })];

    /// <summary>The number of control tokens. They come first.</summary>
    public int Marks => ControlTokens.Length;

    public int Words => Count - Marks;

    /// <param name="index">From 0 to 32,767.</param>
    public static string Word(int index) => Syllables[index >> 10] + Syllables[(index >> 5) & 31] + Syllables[index & 31];

    public void AddTo(GgufWriter writer) => writer
        .Add("tokenizer.ggml.model", "gpt2")
        // This one takes a word that is a token whole, so no merges are needed.
        .Add("tokenizer.ggml.pre", "llama-bpe")
        .Add("tokenizer.ggml.tokens", [.. ControlTokens, .. Enumerable.Range(0, Words).Select(w => "Ġ" + Word(w))])
        .Add("tokenizer.ggml.token_type", (IReadOnlyList<int>)[.. Enumerable.Range(0, Count).Select(t => t < Marks ? Control : Normal)])
        .Add("tokenizer.ggml.merges", [$"Ġ {Word(0)}"])
        .Add("tokenizer.ggml.bos_token_id", (uint)Begin)
        .Add("tokenizer.ggml.eos_token_id", (uint)End)
        .Add("tokenizer.ggml.add_bos_token", true)
        .Add("tokenizer.chat_template",
            "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}[SYSTEM_PROMPT] {{ m['content'] }}[/SYSTEM_PROMPT]"
            + "{% elif m['role'] == 'user' %}[INST] {{ m['content'] }}[/INST]{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}"
            + "{% endfor %}");
}
