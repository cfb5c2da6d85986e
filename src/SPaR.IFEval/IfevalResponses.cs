namespace SPaR.IFEval;

/// <param name="ByKey">The response to each prompt that has one.</param>
/// <param name="Missing">Prompts without a response, in order.</param>
public sealed record IfevalResponses(
    IReadOnlyDictionary<PromptKey, string> ByKey, IReadOnlyList<PromptKey> Missing, IReadOnlyList<LineError> Errors)
{
    /// <summary>Reads one JSON object per line: <c>response</c>, and the <c>key</c> or <c>prompt</c> that it answers. The key decides if
    /// both are given; a prompt's text stands for every prompt that has it. Reads to the end, also after errors.</summary>
    public static IfevalResponses Read(TextReader reader, IReadOnlyList<IfevalPrompt> prompts)
    {
        var keys = prompts.Select(p => p.Key).ToHashSet();
        var byText = prompts.ToLookup(p => p.Prompt, p => p.Key, StringComparer.Ordinal);
        var responses = new Dictionary<PromptKey, string>();
        var lines = new Dictionary<PromptKey, long>();
        var errors = JsonLines.Read(reader, line =>
        {
            var answered = Answered(line, keys, byText);
            if (line.Text("response") is not { } response)
                return;
            foreach (var key in answered)
            {
                if (lines.TryAdd(key, line.Number))
                    responses[key] = response;
                else
                    line.Wrong("key", $"Line {lines[key]} already answers prompt {key}; remove one.");
            }
        });
        return new(responses, [.. prompts.Select(p => p.Key).Where(key => !responses.ContainsKey(key))], errors);
    }

    /// <returns>Empty, with an error, if the line names no prompt.</returns>
    private static IEnumerable<PromptKey> Answered(JsonLine line, HashSet<PromptKey> keys, ILookup<string, PromptKey> byText)
    {
        if (line.Has("key"))
        {
            if (line.Key() is not { } key)
                return [];
            if (keys.Contains(key))
                return [key];
            line.Wrong("key", $"No prompt has the key {key}.");
            return [];
        }

        if (!line.Has("prompt"))
        {
            line.Wrong("key", "Missing; give \"key\", or \"prompt\" with the prompt's text.");
            return [];
        }

        if (line.Text("prompt") is not { } text)
            return [];
        if (!byText.Contains(text))
            line.Wrong("prompt", "No prompt has this text.");
        return byText[text];
    }
}
