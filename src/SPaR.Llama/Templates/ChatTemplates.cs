using System.Text.RegularExpressions;

namespace SPaR.Llama.Templates;

/// <summary>The supported chat templates. llama.cpp renders them; this class recognises a file's template, strictly: the file's text must
/// have every mark of the format and no mark of another.</summary>
internal static partial class ChatTemplates
{
    /// <param name="Base">The format that it extends by reasoning; llama.cpp renders that one. Null if it knows no reasoning.</param>
    /// <param name="Opens">Whether the prompt opens the reasoning, if the model may think.</param>
    private sealed record Format(string Name, string[] Has, string[] HasNot, string? Base = null, bool Opens = false);

    private const string Open = "<think>", Close = "</think>";

    /// <summary>More specific formats first; those with reasoning also need its marks.</summary>
    private static readonly Format[] Formats =
    [
        // QwQ and Qwen3-Thinking always think; Qwen3.5 opens the reasoning unless thinking is switched off.
        new("qwen3-thinking", ["<|im_start|>", "<|im_end|>"], ["<|im_sep|>", "[INST]"], "chatml", Opens: true),
        new("qwen3", ["<|im_start|>", "<|im_end|>"], ["<|im_sep|>", "<end_of_utterance>", "[INST]"], "chatml"),
        new("phi4-reasoning", ["<|im_start|>", "<|im_sep|>", "<|im_end|>"], [], "phi4"),
        new("llama3-thinking", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], [], "llama3", Opens: true),
        new("llama3-reasoning", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], [], "llama3"),
        new("deepseek-r1", ["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"], [], "deepseek3", Opens: true),
        // The first release and that of May 2025: the model opens its reasoning itself.
        new("deepseek-r1-0528", ["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"], [], "deepseek3"),
        new("phi4", ["<|im_start|>", "<|im_sep|>", "<|im_end|>"], []),
        new("chatml", ["<|im_start|>", "<|im_end|>"], ["<|im_sep|>", "<end_of_utterance>", "[INST]"]),
        new("llama3", ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], []),
        new("llama4", ["<|header_start|>", "<|header_end|>", "<|eot|>"], []),
        new("mistral-v7", ["[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]", "[INST] ", "[/INST]"], []),
        new("mistral-v7-tekken", ["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]"], ["[SYSTEM_PROMPT] ", "[INST] "]),
        new("mistral-v3-tekken", ["[AVAILABLE_TOOLS]", "\"[INST]\"", "[/INST]"], ["[SYSTEM_PROMPT]", " [INST]", "[INST] "]),
        new("mistral-v3", ["[AVAILABLE_TOOLS]", "[INST] ", "[/INST]"], ["[SYSTEM_PROMPT]", " [INST]"]),
        new("mistral-v1", [" [INST] ", " [/INST]", "system_message"], ["[SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "<<SYS>>"]),
        new("llama2-sys-strip", ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "content.strip()"], ["[SYSTEM_PROMPT]"]),
        new("llama2-sys-bos", ["bos_token + '[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"], ["[SYSTEM_PROMPT]", "content.strip()"]),
        new("llama2-sys", ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"], ["[SYSTEM_PROMPT]", "bos_token + '[INST]", "content.strip()"]),
        new("llama2", ["[INST] ", " [/INST]", "eos_token"],
            ["<<SYS>>", "[SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "system_message", "content.strip()"]),
        new("phi3", ["<|user|>", "<|assistant|>", "<|end|>"], ["<|im_start|>", "<|content|>", "<|channel|>"]),
        new("zephyr", ["<|user|>", "<|assistant|>", "<|endoftext|>"], ["<|end|>", "<|im_start|>", "<sop>", "</s>"]),
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
                && (format.Base is null || (reasons && format.Opens == opens)))
                return format.Name;
        throw Unknown(path, "has an unknown chat template");
    }

    /// <summary>The name under which llama.cpp renders a template.</summary>
    public static string RenderedAs(string name) => Formats.FirstOrDefault(f => f.Name == name)?.Base ?? name;

    /// <returns>Null if the template knows no reasoning.</returns>
    public static ReasoningFormat? ReasoningOf(string name) =>
        Formats.FirstOrDefault(f => f.Name == name) is { Base: not null } format ? new(Open, Close, format.Opens) : null;

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
