using System.Text.RegularExpressions;

namespace SPaR.Llama.Templates;

/// <summary>The supported chat templates. llama.cpp renders them; this class recognises a file's template, strictly: the file's text must
/// have every mark of the format and no mark of another.</summary>
internal static partial class ChatTemplates
{
    private const string Open = "<think>", Close = "</think>", Llama31 = "Cutting Knowledge Date: December 2023";

    private const string Qwen2 = "You are a helpful assistant.", Qwen25 = "You are Qwen, created by Alibaba Cloud. " + Qwen2;

    /// <summary>More specific formats first; those with reasoning also need its marks.</summary>
    private static readonly TemplateFormat[] Formats =
    [
        // QwQ and Qwen3-Thinking always think; Qwen3.5 opens the reasoning unless thinking is switched off.
        new("qwen3-thinking", ["<|im_start|>", "<|im_end|>"], ["<|im_sep|>", "[INST]"])
        { RenderedAs = "chatml", Reasons = true, Opens = true },
        new("qwen3", ["<|im_start|>", "<|im_end|>"], ["<|im_sep|>", "<end_of_utterance>", "[INST]"])
        { RenderedAs = "chatml", Reasons = true },
        new("phi4-reasoning", ["<|im_start|>", "<|im_sep|>", "<|im_end|>"], []) { RenderedAs = "phi4", Reasons = true },
        new("llama3-thinking", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], [])
        { RenderedAs = "llama3", Reasons = true, Opens = true },
        new("llama3-reasoning", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], []) { RenderedAs = "llama3", Reasons = true },
        new("deepseek-r1", ["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"], [])
        { RenderedAs = "deepseek3", Reasons = true, Opens = true },
        // The first release and that of May 2025: the model opens its reasoning itself.
        new("deepseek-r1-0528", ["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"], []) { RenderedAs = "deepseek3", Reasons = true },
        new("phi4", ["<|im_start|>", "<|im_sep|>", "<|im_end|>"], []),
        new("qwen2.5", ["<|im_start|>", "<|im_end|>", Qwen25], ["<|im_sep|>"]) { RenderedAs = "chatml", DefaultSystem = Qwen25 },
        new("qwen2", ["<|im_start|>", "<|im_end|>", $"<|im_start|>system\\n{Qwen2}<|im_end|>"], ["<|im_sep|>"])
        { RenderedAs = "chatml", DefaultSystem = Qwen2 },
        new("qwen2", ["<|im_start|>", "<|im_end|>", $"<|im_start|>system\n{Qwen2}<|im_end|>"], ["<|im_sep|>"])
        { RenderedAs = "chatml", DefaultSystem = Qwen2 },
        // With another default for the system turn, somebody must choose.
        new("chatml", ["<|im_start|>", "<|im_end|>"],
            ["<|im_sep|>", "<end_of_utterance>", "[INST]", "<|im_start|>system\\nYou are", "<|im_start|>system\nYou are"]),
        // 3.2 writes today's date; here prompts stay the same from day to day, with the date that the others write.
        new("llama3.1", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", Llama31, "Today Date: "], [])
        { RenderedAs = "llama3", DefaultSystem = "", Preamble = $"{Llama31}\nToday Date: 26 Jul 2024\n\n" },
        new("llama3", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], [Llama31]),
        new("llama4", ["<|header_start|>", "<|header_end|>", "<|eot|>"], []),
        new("mistral-v7", ["[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]", "[INST] ", "[/INST]"], []),
        new("mistral-v7-tekken", ["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]"],
            ["[SYSTEM_PROMPT] ", "[INST] ", "default_system_message"]),
        new("mistral-v3-tekken", ["[AVAILABLE_TOOLS]", "\"[INST]\"", "[/INST]"], ["[SYSTEM_PROMPT]", " [INST]", "[INST] "]),
        new("mistral-v3", ["[AVAILABLE_TOOLS]", "[INST] ", "[/INST]"], ["[SYSTEM_PROMPT]", " [INST]"]),
        new("mistral-v1", [" [INST] ", " [/INST]", "system_message"], ["[SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "<<SYS>>"]),
        // The first template of Mistral 7B. It left out spaces that the model was trained with; Mistral's later one has them.
        new("mistral-v1", ["[INST] ", " [/INST]", "eos_token"],
            ["<<SYS>>", "[SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "system_message", "content.strip()"]),
        new("llama2-sys-strip", ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "content.strip()"], ["[SYSTEM_PROMPT]"]),
        new("llama2-sys-bos", ["bos_token + '[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"], ["[SYSTEM_PROMPT]", "content.strip()"]),
        new("llama2-sys", ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"], ["[SYSTEM_PROMPT]", "bos_token + '[INST]", "content.strip()"]),
        new("phi3", ["<|user|>", "<|assistant|>", "<|end|>"], ["<|im_start|>", "<|content|>", "<|channel|>"]),
        new("zephyr", ["<|user|>", "<|assistant|>", "<|endoftext|>"], ["<|end|>", "<|im_start|>", "<sop>", "</s>"]),
        new("gemma3", ["<start_of_turn>", "<end_of_turn>", "model", "first_user_prefix"], []) { RenderedAs = "gemma", KeepsSystem = true },
        new("gemma", ["<start_of_turn>", "<end_of_turn>", "model"], []),
        new("chatglm4", ["[gMASK]<sop>", "<|user|>", "<|assistant|>"], ["<think>", "<tool_call>"]),
        new("chatglm4", ["[gMASK]<sop>", "<|{{ item['role'] }}|>"], ["<think>", "<tool_call>"]),
        new("deepseek3", ["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"], []),
        new("deepseek", ["### Instruction:", "### Response:", "<|EOT|>"], []),
        new("granite", ["<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"], ["g4_default_system_message"]),
        new("command-r", ["<|START_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>", "<|END_OF_TURN_TOKEN|>"], []),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Formats.Select(f => f.Name).Distinct().Order(StringComparer.Ordinal)];

    /// <param name="path">The file, for the message.</param>
    /// <param name="template">The template's text in the file.</param>
    /// <exception cref="ModelRejectedException">No format matches.</exception>
    public static string Recognise(string path, string? template)
    {
        if (template is null)
            throw Unknown(path, "has no chat template");
        var opens = OpensReasoning(template);
        var reasons = opens || template.Contains(Close, StringComparison.Ordinal);
        foreach (var format in Formats)
            if (format.Has.All(m => template.Contains(m, StringComparison.Ordinal))
                && !format.HasNot.Any(m => template.Contains(m, StringComparison.Ordinal))
                && (!format.Reasons || (reasons && format.Opens == opens)))
                return format.Name;
        throw Unknown(path, "has an unknown chat template");
    }

    public static TemplateFormat Of(string name) => Formats.FirstOrDefault(f => f.Name == name) ?? new(name, [], []);

    /// <returns>Null if the template knows no reasoning.</returns>
    public static ReasoningFormat? ReasoningOf(string name) =>
        Of(name) is { Reasons: true } format ? new(Open, Close, format.Opens) : null;

    /// <exception cref="ModelRejectedException">No template has this name.</exception>
    public static string Named(string path, string name) =>
        Names.Contains(name) ? name : throw Unknown(path, $"the chat template '{name}' is unknown");

    /// <summary>Whether the part of the template that asks for an answer opens a reasoning without ending it. Line breaks may be escaped,
    /// as in its string literals.</summary>
    private static bool OpensReasoning(string template) =>
        template.LastIndexOf("add_generation_prompt", StringComparison.Ordinal) is >= 0 and var at && Unended().IsMatch(template, at);

    [GeneratedRegex(@"<think>(?!(?:\s|\\n)*</think>)", RegexOptions.CultureInvariant)]
    private static partial Regex Unended();

    private static ModelRejectedException Unknown(string path, string what) => new(
        "unknown-template", $"{path}: {what}. Name the template that the model was trained with, one of: {string.Join(", ", Names)}.");
}
