using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Abstractions;
using SPaR.Llama.Models;
using SPaR.Llama.Processes;

// Loads models one after the other and computes with each: tokenises, generates, scores. Reads a line for each, "MODEL" or
// "MODEL\tADAPTER", and answers each with a line, "computed" or the error. A model that kills this process gets no answer.
var text = "Hello, w\u00f6rld!\n\t  The sea's 1234 \u4e16\u754c \ud83e\udd88 <s> [INST]\r\n\u0001 end";
var options = new LlamaOptions { Threads = 1, Sequences = 4, BatchTokens = 32, Cells = 512 };
await using var replies = new StreamWriter(ReplyPipe.Take()) { AutoFlush = true };
while (Console.ReadLine() is { } line)
    await replies.WriteLineAsync((await AnswerAsync(line.Split('\t'))).ReplaceLineEndings(" "));

async Task<string> AnswerAsync(string[] paths)
{
    var file = new ModelFile(paths[0], "", "mistral-v7") { Adapter = paths.Length > 1 ? new(paths[1], "") : null };
    try
    {
        await using var model = LlamaModel.Load(file, options, NullLogger.Instance);
        _ = model.Tokenize(text);
        var prompt = Conversation.Empty.User("the sea");
        await model.GenerateAsync(new(prompt, new(1, 1, 0, 0, 6), [1, 2], "probe"), default);
        await model.ScoreAsync(new(prompt, "", ["the wolf", "."], "probe"), default);
        return "computed";
    }
    catch (Exception e) when (e is PromptTooLongException or ArgumentException)
    {
        // The context is short, or the vocabulary has no tokens for a text: the requests' fault.
        return "computed";
    }
    catch (Exception e)
    {
        return $"{(e as ModelRejectedException)?.Code ?? e.GetType().Name}: {e.Message}";
    }
}
