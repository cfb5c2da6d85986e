using SPaR.Llama.Templates;

namespace SPaR.Tests.Llama;

public sealed class ChatTemplatesTests
{
    [Theory]
    [InlineData("chatml", "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>'}}{% endfor %}")]
    [InlineData("phi4", "{{ '<|im_start|>user<|im_sep|>' + m.content + '<|im_end|>' }}")]
    [InlineData("llama3", "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}")]
    [InlineData("llama3.1",
        "{{ '<|start_header_id|>system<|end_header_id|>\n\n' }}{{ \"Cutting Knowledge Date: December 2023\\n\" }}"
        + "{{ \"Today Date: \" + date_string }}{{ '<|eot_id|>' }}")]
    [InlineData("qwen2", "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}")]
    [InlineData("qwen2", "{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}")]
    [InlineData("qwen2.5",
        "{{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}{{ '<|im_start|>' + '<|im_end|>' }}")]
    [InlineData("gemma3", "{{ '<start_of_turn>' + role + first_user_prefix + '<end_of_turn>\n' }}{{ '<start_of_turn>model\n' }}")]
    [InlineData("llama4", "{{ '<|header_start|>' + m.role + '<|header_end|>\n\n' + m.content + '<|eot|>' }}")]
    [InlineData("mistral-v7", "{{ bos_token }}[SYSTEM_PROMPT] {{ s }}[/SYSTEM_PROMPT][INST] {{ m.content }}[/INST] {{ a }}{{ eos_token }}")]
    [InlineData("mistral-v7-tekken", "{{ '[SYSTEM_PROMPT]' + s + '[/SYSTEM_PROMPT]' }}{{ '[INST]' + m.content + '[/INST]' }}")]
    [InlineData("mistral-v3-tekken", "{{ \"[AVAILABLE_TOOLS][\" }}{{ \"[INST]\" + m[\"content\"] + \"[/INST]\" }}")]
    [InlineData("mistral-v3", "{{ \"[AVAILABLE_TOOLS] [\" }}{{ \"[INST] \" + m[\"content\"] + \"[/INST]\" }}")]
    [InlineData("mistral-v1", "{{ ' [INST] ' + system_message + '\n\n' + m['content'] + ' [/INST]' }}")]
    [InlineData("llama2-sys", "{{ '<<SYS>>\n' + s + '\n<</SYS>>\n\n' }}{{ '[INST] ' + m + ' [/INST]' }}")]
    [InlineData("llama2-sys-bos", "{{ bos_token + '[INST] ' + '<<SYS>>' + s + '<</SYS>>' + m + ' [/INST]' }}")]
    [InlineData("llama2-sys-strip", "{{ bos_token + '[INST] ' + '<<SYS>>' + s + '<</SYS>>' + content.strip() + ' [/INST]' }}")]
    [InlineData("mistral-v1", "{{ '[INST] ' + m['content'] + ' [/INST]' }}{{ m['content'] + eos_token }}")]
    [InlineData("mistral-v1", "{{ '[INST] ' + m['content'] + ' [/INST]' }}{{ m['content'] + eos_token + ' ' }}")]
    [InlineData("phi3", "{{'<|user|>\n' + m['content'] + '<|end|>\n'}}{{'<|assistant|>\n'}}")]
    [InlineData("zephyr", "{{'<|user|>\n' + m['content'] + '<|endoftext|>\n'}}{{'<|assistant|>\n'}}")]
    [InlineData("gemma", "{{ '<start_of_turn>model\n' + m + '<end_of_turn>\n' }}")]
    [InlineData("chatglm4", "[gMASK]<sop>{{ '<|user|>\n' + m }}{{ '<|assistant|>' }}")]
    [InlineData("deepseek3", "{{ '<｜User｜>' + m }}{{ '<｜Assistant｜>' + m + '<｜end▁of▁sentence｜>' }}")]
    [InlineData("qwen3",
        "{{- '<|im_start|>' + message.role + '\\n<think>\\n' + r + '\\n</think>\\n\\n' + content }}{{- '<|im_end|>\\n' }}"
        + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
        + "{%- if enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}")]
    [InlineData("qwen3", "{{ c.split('</think>')[-1] + '<|im_end|>' }}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}")]
    [InlineData("qwen3-thinking",
        "{{ c.split('</think>')[-1] + '<|im_end|>' }}"
        + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}")]
    [InlineData("qwen3-thinking",
        "{{ '<|im_end|>' }}{%- if add_generation_prompt %}<|im_start|>assistant\n"
        + "{%- if enable_thinking is false %}<think>\n\n</think>\n\n{%- else %}<think>\n{%- endif %}{%- endif %}")]
    [InlineData("deepseek-r1",
        "{{'<｜User｜>' + m}}{% set c = c.split('</think>')[-1] %}{{'<｜Assistant｜>' + c + '<｜end▁of▁sentence｜>'}}"
        + "{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}")]
    [InlineData("deepseek-r1-0528",
        "{{'<｜User｜>' + m}}{% set c = c.split('</think>')[-1] %}{{'<｜Assistant｜>' + c + '<｜end▁of▁sentence｜>'}}"
        + "{% if add_generation_prompt %}{{'<｜Assistant｜>'}}{% endif %}")]
    [InlineData("llama3-reasoning", "{{ '<|start_header_id|>' + '<|end_header_id|>\n\n' + m.split('</think>')[-1] + '<|eot_id|>' }}")]
    [InlineData("llama3-thinking",
        "{{ '<|eot_id|>' }}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n<think>\n' }}{% endif %}")]
    [InlineData("phi4-reasoning", "{{ '<|im_start|>system<|im_sep|><think> … </think>' }}{{ '<|im_sep|>' + m + '<|im_end|>' }}")]
    public void A_template_is_recognised_by_its_marks(string name, string template)
    {
        ChatTemplates.Recognise("m.gguf", template).ShouldBe(name);
        ChatTemplates.Names.ShouldContain(name);
    }

    [Theory]
    [InlineData("chatml", null)]
    [InlineData("qwen3", false)]
    [InlineData("qwen3-thinking", true)]
    [InlineData("deepseek-r1", true)]
    public void A_template_with_reasoning_says_whether_it_opens_it(string name, bool? opens) =>
        ChatTemplates.ReasoningOf(name).ShouldBe(opens is { } isOpened ? new("<think>", "</think>", isOpened) : null);

    [Theory]
    [InlineData("{{ m }}")]
    [InlineData("{{ '<|im_start|>' + m }}")]
    [InlineData("{{ '[INST]' + m }}")]
    [InlineData("{{ '<start_of_turn>' + m }}")]
    [InlineData("{{ '<|im_start|>' + '[INST]' + '<|im_end|>' }}")]
    [InlineData("{{ '<|im_start|>' + m + '<|im_end|>' + '<end_of_utterance>' }}")]
    // These write a system turn of their own words, which no known template has.
    [InlineData("{{ '<|im_start|>system\nYou are Bob.<|im_end|>\n' }}")]
    [InlineData("{{ '[INST]' + m + '[/INST]' }}{{ '[SYSTEM_PROMPT]' + default_system_message + '[/SYSTEM_PROMPT]' }}")]
    [InlineData("{{ '<|start_header_id|><|end_header_id|>\n\nCutting Knowledge Date: December 2023\n<|eot_id|>' }}")]
    public void One_mark_alone_or_marks_of_two_formats_are_not_enough(string template)
    {
        var e = Should.Throw<ModelRejectedException>(() => ChatTemplates.Recognise("m.gguf", template));
        e.Code.ShouldBe("unknown-template");
        e.Message.ShouldStartWith("m.gguf");
        e.Message.ShouldContain("chatml, command-r");
    }
}
