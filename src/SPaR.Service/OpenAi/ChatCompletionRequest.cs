using System.Text.Json;

namespace SPaR.Service.OpenAi;

/// <summary>A request for a chat completion. What is not supported is accepted with its default value only.</summary>
/// <param name="Model">The id, the name or the path of a registered model.</param>
/// <param name="Messages">A conversation that ends with the user's message; only text.</param>
/// <param name="N">Number of answers, 1 to 128; 1 by default.</param>
/// <param name="Temperature">0 to 2; 1 by default.</param>
/// <param name="TopP">Above 0, at most 1; 1 by default.</param>
/// <param name="MaxTokens">The older name of <c>max_completion_tokens</c>.</param>
/// <param name="MaxCompletionTokens">Most tokens of an answer; by default as many as fit the context and the service allows.</param>
/// <param name="Stop">A text that ends an answer, or up to 4 of them.</param>
/// <param name="Seed">The same seed gives the same answers, up to the rounding of differently shaped batches.</param>
/// <param name="Logprobs">Whether the answer says how likely each of its tokens was; when streaming, with its end.</param>
/// <param name="TopLogprobs">0 to 20: how many of the most probable tokens to give in each place.</param>
/// <param name="Stream">Whether the answer is streamed as it is generated.</param>
/// <param name="ReasoningEffort"><c>none</c> or <c>minimal</c> (the default) lets the model answer at once; with any other, a model that
/// can think does.</param>
/// <param name="TreeSearch">Answers with the best answer of a tree search: <c>refiner</c>, <c>judge</c>, <c>recipe</c>,
/// <c>constraints</c>, and every option of a recipe's <c>refine</c>.</param>
internal sealed record ChatCompletionRequest(
    string Model,
    JsonElement Messages,
    int? N = null,
    double? Temperature = null,
    double? TopP = null,
    int? MaxTokens = null,
    int? MaxCompletionTokens = null,
    JsonElement? Stop = null,
    long? Seed = null,
    bool? Logprobs = null,
    int? TopLogprobs = null,
    bool? Stream = null,
    StreamOptions? StreamOptions = null,
    string? ReasoningEffort = null,
    JsonElement? TreeSearch = null,
    JsonElement? Audio = null,
    JsonElement? FrequencyPenalty = null,
    JsonElement? FunctionCall = null,
    JsonElement? Functions = null,
    JsonElement? LogitBias = null,
    JsonElement? Modalities = null,
    JsonElement? Prediction = null,
    JsonElement? PresencePenalty = null,
    JsonElement? ResponseFormat = null,
    JsonElement? ServiceTier = null,
    JsonElement? Store = null,
    JsonElement? ToolChoice = null,
    JsonElement? Tools = null,
    JsonElement? Verbosity = null,
    JsonElement? WebSearchOptions = null,
    // Of no effect here, whatever they are.
    JsonElement? Metadata = null,
    JsonElement? ParallelToolCalls = null,
    JsonElement? PromptCacheKey = null,
    JsonElement? PromptCacheRetention = null,
    JsonElement? SafetyIdentifier = null,
    JsonElement? User = null);

/// <param name="IncludeUsage">Whether the last chunk has the usage.</param>
internal sealed record StreamOptions(bool? IncludeUsage = null, JsonElement? IncludeObfuscation = null);
