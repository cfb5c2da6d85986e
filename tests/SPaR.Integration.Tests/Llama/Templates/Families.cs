namespace SPaR.Integration.Tests.Llama.Templates;

/// <summary>The tokenisers of the families that the paper and its successors improve, with templates that have the marks of the published
/// ones.</summary>
internal static class Families
{
    private static readonly string[] Chat = ["user", "system", "assistant", "Be", " brief", "Hello", " there", "Hi", "Go", " on", "\n\n"];

    private static readonly string[] Qwen =
    [
        .. Chat, "You", " are", " Q", "wen", ",", " created", " by", " Alibaba", " Cloud", ".", " You", " a", " helpful", " assistant",
    ];

    private static readonly (int, string)[] QwenMarks =
        [(151643, "<|endoftext|>"), (151644, "<|im_start|>"), (151645, "<|im_end|>")];

    private static readonly (int, string)[] Llama3Marks =
    [
        (128000, "<|begin_of_text|>"), (128001, "<|end_of_text|>"), (128006, "<|start_header_id|>"), (128007, "<|end_header_id|>"),
        (128008, "<|eom_id|>"), (128009, "<|eot_id|>"),
    ];

    private static readonly string[] Inst = ["[", "INST", "]", " [", " [/", " Be", " Hello", " Hi", " Go", .. Chat];

    public static FamilyFile Llama3 { get; } = new("llama3", "llama-bpe", 128256, Llama3Marks, Chat)
    {
        Begin = 128000,
        End = 128009,
        Template = "{{ bos_token }}{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}",
    };

    public static FamilyFile Llama31 { get; } = Llama3 with
    {
        Name = "llama3.1",
        Words = [.. Chat, "Cut", "ting", " Knowledge", " Date", ":", " December", "202", "Today", "26", " Jul"],
        Template = Llama3.Template
            + "{{- \"Cutting Knowledge Date: December 2023\\n\" }}{{- \"Today Date: \" + date_string + \"\\n\\n\" }}",
    };

    public static FamilyFile MistralV1 { get; } = new("mistral-v1", null, 32000, [(0, "<unk>"), (1, "<s>"), (2, "</s>")], Inst)
    {
        Begin = 1,
        End = 2,
        AddsBegin = true,
        Template = "{{ bos_token }}{{ '[INST] ' + message['content'] + ' [/INST]' }}{{ message['content'] + eos_token }}",
    };

    public static FamilyFile MistralV3 { get; } = MistralV1 with
    {
        Name = "mistral-v3",
        Size = 32768,
        Control = [.. MistralV1.Control, (3, "[INST]"), (4, "[/INST]"), (6, "[AVAILABLE_TOOLS]")],
        Template = "{{ bos_token }}{{ \"[AVAILABLE_TOOLS] [\" }}{{ \"[INST] \" + message[\"content\"] + \"[/INST]\" }}",
    };

    public static FamilyFile MistralV7 { get; } = MistralV3 with
    {
        Name = "mistral-v7",
        Control = [.. MistralV3.Control, (17, "[SYSTEM_PROMPT]"), (18, "[/SYSTEM_PROMPT]")],
        Template = "{{ bos_token }}{{ '[INST] ' + m + '[/INST]' }}{{ '[SYSTEM_PROMPT] ' + s + '[/SYSTEM_PROMPT]' }}"
            + "{{ ' ' + a + eos_token }}",
    };

    public static FamilyFile MistralNemo { get; } = new("mistral-v3-tekken", "tekken", 131072, MistralV3.Control, Chat)
    {
        Begin = 1,
        End = 2,
        Template = "{{ bos_token }}{{ \"[AVAILABLE_TOOLS][\" }}{{ \"[INST]\" + message[\"content\"] + \"[/INST]\" }}",
    };

    public static FamilyFile Glm4 { get; } = new("glm4", "glm4", 151552,
        [
            (151329, "<|endoftext|>"), (151331, "[gMASK]"), (151333, "<sop>"), (151335, "<|system|>"), (151336, "<|user|>"),
            (151337, "<|assistant|>"), (151338, "<|observation|>"),
        ], Chat)
    {
        Begin = 151329,
        End = 151329,
        EndOfTurn = 151336,
        Template = "[gMASK]<sop>{% if role == 'user' %}\n<|user|>\n{{ content }}{% else %}\n<|assistant|>\n{{ content }}{% endif %}",
    };

    public static FamilyFile ChatGlm4 { get; } = Glm4 with
    {
        Name = "chatglm4",
        Pre = "chatglm-bpe",
        EndOfTurn = null,
        Template = "[gMASK]<sop>{% for item in messages %}<|{{ item['role'] }}|>{{ item['metadata'] }}\n{{ item['content'] }}{% endfor %}"
            + "{% if add_generation_prompt %}<|assistant|>{% endif %}",
    };

    public static FamilyFile Qwen2 { get; } = new("qwen2", "qwen2", 152064, QwenMarks, Qwen)
    {
        Begin = 151643,
        End = 151645,
        AddsBegin = false,
        Template = "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{{'<|im_start|>' + m.role + '\n' + m.content}}",
    };

    public static FamilyFile Qwen25 { get; } = Qwen2 with
    {
        Name = "qwen2.5",
        Template = "{{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}",
    };

    public static FamilyFile Qwen3 { get; } = Qwen2 with
    {
        Name = "qwen3",
        Size = 151936,
        Control = [.. QwenMarks, (151667, "<think>"), (151668, "</think>")],
        UserDefinedTokens = ["<think>", "</think>"],
        Template = "{{- '<|im_start|>' + m.role + '\\n<think>\\n' + r + '\\n</think>\\n\\n' + c + '<|im_end|>\\n' }}"
            + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
            + "{%- if enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}",
    };

    public static FamilyFile Gemma3 { get; } = new("gemma3", null, 262144,
        [(0, "<pad>"), (1, "<eos>"), (2, "<bos>"), (3, "<unk>"), (105, "<start_of_turn>"), (106, "<end_of_turn>")],
        ["model", "\n", .. Chat])
    {
        Begin = 2,
        End = 1,
        AddsBegin = true,
        PrefixesSpace = false,
        Template = "{{ bos_token }}{{ '<start_of_turn>' + role + '\n' + first_user_prefix }}{{ m | trim }}{{ '<end_of_turn>\n' }}model",
    };
}
