using System.ClientModel;
using System.Text;
using System.Text.Json.Nodes;
using OpenAI.Chat;
using SPaR.Integration.Tests.Http;
using SPaR.MicroWorld;
using ChatMessage = OpenAI.Chat.ChatMessage;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Chat completions with OpenAI's own client, unchanged, on a real model.</summary>
public sealed class ChatCompletionTests(MicroService micro) : IClassFixture<MicroService>
{
    private const string Prompt = "write about forest ; start with slowly ; end with lake ; include mirror ; avoid fox ;";

    private static readonly ChatMessage[] Ask = [new UserChatMessage(Prompt)];

    [Fact]
    public async Task The_same_seed_gives_the_same_answer_whole_and_streamed()
    {
        var options = Options(seed: 7);
        var whole = (await micro.Chat.CompleteChatAsync(Ask, options)).Value;
        var again = (await micro.Chat.CompleteChatAsync(Ask, options)).Value;
        var (streamed, last) = await StreamAsync(options);

        whole.Content[0].Text.ShouldNotBeEmpty();
        (again.Content[0].Text, streamed).ShouldBe((whole.Content[0].Text, whole.Content[0].Text));
        (whole.Model, whole.Role, whole.FinishReason).ShouldBe(
            (MicroService.Model, ChatMessageRole.Assistant, last[^2].FinishReason!.Value));
        whole.Usage.InputTokenCount.ShouldBeGreaterThan(0);
        whole.Usage.TotalTokenCount.ShouldBe(whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount);
        (last[^1].Usage.OutputTokenCount, last[^1].Usage.InputTokenCount).ShouldBe(
            (whole.Usage.OutputTokenCount, whole.Usage.InputTokenCount));
        // In how many pieces depends on what else the machine does.
        last.Count(u => u.ContentUpdate.Count > 0).ShouldBePositive();
    }

    [Fact]
    public async Task A_stop_text_ends_the_answer_and_is_not_part_of_it_and_a_limit_cuts_it()
    {
        var whole = (await micro.Chat.CompleteChatAsync(Ask, Options(seed: 7))).Value.Content[0].Text;
        var stop = whole[(whole.Length / 3)..(whole.Length / 2)];
        var expected = whole[..whole.IndexOf(stop, StringComparison.Ordinal)];
        var options = Options(seed: 7);
        options.StopSequences.Add("never said");
        options.StopSequences.Add(stop);

        var stopped = (await micro.Chat.CompleteChatAsync(Ask, options)).Value;
        (stopped.Content[0].Text, stopped.FinishReason).ShouldBe((expected, ChatFinishReason.Stop));
        (await StreamAsync(options)).Text.ShouldBe(expected);

        options = Options(seed: 7);
        options.MaxOutputTokenCount = 2;
        var cut = (await micro.Chat.CompleteChatAsync(Ask, options)).Value;
        (cut.FinishReason, cut.Usage.OutputTokenCount).ShouldBe((ChatFinishReason.Length, 2));
        whole.ShouldStartWith(cut.Content[0].Text);
    }

    [Fact]
    public async Task An_answer_says_how_likely_its_tokens_were_whole_and_streamed()
    {
        var options = Options(seed: 7);
        (options.IncludeLogProbabilities, options.TopLogProbabilityCount) = (true, 3);
        var whole = (await micro.Chat.CompleteChatAsync(Ask, options)).Value;

        var tokens = whole.ContentTokenLogProbabilities;
        string.Concat(tokens.Select(t => t.Token)).ShouldBe(whole.Content[0].Text);
        // The token that ends the turn is not part of the answer.
        tokens.Count.ShouldBeInRange(whole.Usage.OutputTokenCount - 1, whole.Usage.OutputTokenCount);
        foreach (var token in tokens)
        {
            token.TopLogProbabilities.Count.ShouldBe(3);
            token.TopLogProbabilities.ShouldBe(token.TopLogProbabilities.OrderByDescending(t => t.LogProbability));
            token.TopLogProbabilities.Sum(t => Math.Exp(t.LogProbability)).ShouldBeLessThan(1 + 1e-6);
            token.LogProbability.ShouldBeLessThanOrEqualTo(token.TopLogProbabilities[0].LogProbability);
            Encoding.UTF8.GetString(token.Utf8Bytes!.Value.Span).ShouldBe(token.Token);
        }

        var (_, updates) = await StreamAsync(options);
        updates.SelectMany(u => u.ContentTokenLogProbabilities).Select(t => (t.Token, Math.Round(t.LogProbability, 3))).ShouldBe(
            tokens.Select(t => (t.Token, Math.Round(t.LogProbability, 3))));

        options.Temperature = 0;
        var greedy = (await micro.Chat.CompleteChatAsync(Ask, options)).Value.ContentTokenLogProbabilities;
        greedy.ShouldAllBe(t => t.Token == t.TopLogProbabilities[0].Token);
        (await micro.Chat.CompleteChatAsync(Ask, Options(seed: 7))).Value.ContentTokenLogProbabilities.ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_answers_come_by_their_index_whole_and_streamed()
    {
        var whole = (await PostAsync(new() { ["n"] = 3, ["seed"] = 1, ["max_tokens"] = 12 })).ShouldBe(200);
        var texts = whole["choices"].AsArray().Select(c => c!["message"]!["content"]!.GetValue<string>()).ToList();
        texts.Distinct().Count().ShouldBeGreaterThan(1);
        var lines = (await PostAsync(new() { ["n"] = 3, ["seed"] = 1, ["max_tokens"] = 12, ["stream"] = true })).ShouldBe(200).Text
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        lines[^1].ShouldBe("data: [DONE]");
        var chunks = lines[..^1].Select(l => JsonNode.Parse(l["data: ".Length..])!).SelectMany(c => c["choices"]!.AsArray()).ToList();
        for (var i = 0; i < 3; i++)
        {
            var own = chunks.Where(c => c!["index"]!.GetValue<int>() == i).ToList();
            string.Concat(own.Select(c => c!["delta"]!["content"]?.GetValue<string>())).ShouldBe(texts[i]);
            own[0]!["delta"]!["role"]!.GetValue<string>().ShouldBe("assistant");
            own[^1]!["finish_reason"].ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task A_tree_search_answers_with_its_best_answer()
    {
        var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!.AsObject();
        foreach (var name in new[] { "train", "evaluate", "rollback", "instructions_per_round" })
            recipe.Remove(name);
        var search = new JsonObject { ["recipe"] = recipe, ["strategy"] = "bfs", ["depth"] = 2, ["budget"] = 10 };
        var answer = (await PostAsync(new() { ["tree_search"] = search, ["seed"] = 2 })).ShouldBe(200);

        var refinement = (await micro.Service.GetAsync($"/v1/refinements/{answer["refinement"].GetValue<string>()}")).ShouldBe(200);
        answer["choices"][0]!["message"]!["content"]!.GetValue<string>().ShouldBe(refinement["best"]["text"]!.GetValue<string>());
        answer["usage"]["completion_tokens"]!.GetValue<int>().ShouldBe(refinement["usage"]["generated_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Errors_are_read_by_the_client()
    {
        var unknown = await Should.ThrowAsync<ClientResultException>(micro.ChatOn("nobody").CompleteChatAsync(Ask, Options(1)));
        (unknown.Status, unknown.Message.Contains("model_not_found", StringComparison.Ordinal)).ShouldBe((404, true), unknown.Message);
        var key = await Should.ThrowAsync<ClientResultException>(micro.ChatOn("micro", "spar_wrong").CompleteChatAsync(Ask, Options(1)));
        (key.Status, key.Message.Contains("invalid_api_key", StringComparison.Ordinal)).ShouldBe((401, true), key.Message);
        var options = Options(1);
        options.ResponseFormat = ChatResponseFormat.CreateJsonObjectFormat();
        options.FrequencyPenalty = 1;
        var refused = await Should.ThrowAsync<ClientResultException>(micro.Chat.CompleteChatAsync(Ask, options));
        (refused.Status, refused.Message.Contains("response_format", StringComparison.Ordinal)).ShouldBe((400, true), refused.Message);
        var tooLong = await PostAsync(new() { ["max_tokens"] = 4096 });
        (tooLong.ShouldBe(400)["error"]["code"]!.GetValue<string>()).ShouldBe("context_length_exceeded");
    }

    [Theory]
    [InlineData("""{"n":0}""", "n")]
    [InlineData("""{"temperature":2.5}""", "temperature")]
    [InlineData("""{"top_p":0}""", "top_p")]
    [InlineData("""{"max_tokens":100000}""", "max_tokens")]
    [InlineData("""{"stop":["a","b","c","d","e"]}""", "stop")]
    [InlineData("""{"stop":""}""", "stop")]
    [InlineData("""{"tools":[{"type":"function"}]}""", "tools")]
    [InlineData("""{"logprobs":true,"top_logprobs":21}""", "top_logprobs")]
    [InlineData("""{"top_logprobs":2}""", "top_logprobs")]
    [InlineData("""{"logprobs":true,"tree_search":{}}""", "logprobs")]
    [InlineData("""{"messages":[{"role":"tool","content":"a"}]}""", "messages[0].role")]
    [InlineData("""{"reasoning_effort":"much"}""", "reasoning_effort")]
    [InlineData("""{"stream_options":{"include_usage":true}}""", "stream_options")]
    [InlineData("""{"tree_search":{"depth":0}}""", "tree_search.depth")]
    [InlineData("""{"tree_search":{"refiner":"nobody"}}""", "tree_search.refiner")]
    [InlineData("""{"tree_search":{"deep":1}}""", "tree_search.deep")]
    [InlineData("""{"n":2,"tree_search":{}}""", "n")]
    [InlineData("""{"best_of":2}""", "best_of")]
    public async Task What_is_not_supported_is_refused_by_name(string fields, string param)
    {
        var refused = (await PostAsync(JsonNode.Parse(fields)!.AsObject())).ShouldBe(400);
        (refused.Type, refused["error"]["param"]?.GetValue<string>(), refused["error"]["type"]!.GetValue<string>()).ShouldBe(
            ("application/json", param, "invalid_request_error"), refused.Text);
    }

    [Fact]
    public async Task Defaults_of_what_is_not_supported_change_nothing() => (await PostAsync(JsonNode.Parse(
        """
        {"tools":[],"tool_choice":"none","response_format":{"type":"text"},"logprobs":false,"top_logprobs":0,"frequency_penalty":0.0,
         "logit_bias":null,         "user":"u","metadata":{"a":"b"},"store":false,"parallel_tool_calls":true,"max_tokens":3}
        """)!.AsObject())).ShouldBe(200);

#pragma warning disable OPENAI001 // The client calls its seed experimental.
    private static ChatCompletionOptions Options(long seed) => new() { Seed = seed, MaxOutputTokenCount = 16, Temperature = 1 };
#pragma warning restore OPENAI001

    private Task<Answer> PostAsync(JsonObject body)
    {
        body["model"] = MicroService.Model;
        if (!body.ContainsKey("messages"))
            body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = Prompt });
        return micro.Service.PostAsync("/openai/v1/chat/completions", body);
    }

    private async Task<(string Text, List<StreamingChatCompletionUpdate> Updates)> StreamAsync(ChatCompletionOptions options)
    {
        var updates = new List<StreamingChatCompletionUpdate>();
        await foreach (var update in micro.Chat.CompleteChatStreamingAsync(Ask, options))
            updates.Add(update);
        return (string.Concat(updates.SelectMany(u => u.ContentUpdate).Select(c => c.Text)), updates);
    }
}
