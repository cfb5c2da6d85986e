using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Live;
using SPaR.Service.Models;
using SPaR.Service.Recipes;

namespace SPaR.Service.OpenAi;

/// <summary>Checks a request for a chat completion and makes a live request of it: a completion, or a refinement with
/// <c>tree_search</c>.</summary>
internal sealed class ChatCompletionReader(ChatCompletionRequest request, LiveOptions options, List<FieldError> errors)
{
    private const int MostChoices = 128, MostStops = 4, MostLogprobs = 20;

    private const string NoEffect = "has no effect with tree_search. Leave it out.";

    private static readonly string[] Efforts = ["none", "minimal", "low", "medium", "high", "xhigh"];

    private bool? Thinks => request.ReasoningEffort is null ? null : request.ReasoningEffort is not ("none" or "minimal");

    private int? MaxTokens => request.MaxCompletionTokens ?? request.MaxTokens;

    public async Task<LiveRequest> ReadAsync(SparDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        CheckNumbers();
        errors.AddRange(UnsupportedFields.In(request));
        var messages = LiveReader.Messages(request.Messages, errors);
        var stops = Stops();
        if (request.TreeSearch is { ValueKind: not JsonValueKind.Null } search)
            return await RefinementAsync(search, messages, stops, db, time, cancellationToken);
        var models = await ModelNames.FindRolesAsync(
            db, request.Model, null, null, "model", "", errors, cancellationToken);
        return LiveRequest.Of("cmp", models.Ids, messages, request.Seed, time) with
        {
            Completion = new(
                request.N ?? 1, request.Temperature ?? 1, request.TopP ?? 1, MaxTokens, stops, Thinks ?? false, request.Stream ?? false,
                request.Logprobs is true ? request.TopLogprobs ?? 0 : null),
        };
    }

    private async Task<LiveRequest> RefinementAsync(
        JsonElement search, ImmutableArray<ChatMessage> messages, ImmutableArray<string> stops, SparDb db, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (request.N is > 1)
            errors.Add(new("n", NoEffect));
        if (!stops.IsEmpty)
            errors.Add(new("stop", NoEffect));
        if (request.Logprobs is true)
            errors.Add(new("logprobs", NoEffect));
        var fields = new FieldReader(search, Place.Field("tree_search"), errors);
        var (refiner, judge) = (fields.OptionalText("refiner", "a model"), fields.OptionalText("judge", "a model"));
        var models = await ModelNames.FindRolesAsync(
            db, request.Model, refiner, judge, "model", "tree_search.", errors, cancellationToken);
        var constraints = LiveReader.Constraints(fields.Value("constraints"), messages, fields.Place, errors);
        var recipe = RecipeReader.Read(fields.Raw("recipe"), fields.Place.Of("recipe"), errors);
        recipe = recipe with
        {
            Sample = recipe.Sample with
            {
                Temperature = request.Temperature ?? recipe.Sample.Temperature,
                TopP = request.TopP ?? recipe.Sample.TopP,
                MaxTokens = MaxTokens ?? recipe.Sample.MaxTokens,
            },
            Refine = RecipeReader.Refine(fields, recipe.Refine),
            Reasoning = recipe.Reasoning with { Thinking = Thinks ?? recipe.Reasoning.Thinking },
        };
        return LiveRequest.Of(RefinementEndpoints.Prefix, models.Ids, messages, request.Seed, time) with
        {
            Recipe = LiveReader.Limit(recipe, fields.Place.Of("recipe"), options.MaxTokens, constraints is not null, errors),
            Constraints = constraints,
        };
    }

    private void CheckNumbers()
    {
        Check("n", request.N, new(1, MostChoices), isWhole: true);
        Check("temperature", request.Temperature, NumberRange.Of<SamplingSettings>(nameof(SamplingSettings.Temperature)));
        Check("top_p", request.TopP, NumberRange.Of<SamplingSettings>(nameof(SamplingSettings.TopP)));
        Check("top_logprobs", request.TopLogprobs, new(0, MostLogprobs), isWhole: true);
        if (request is { TopLogprobs: > 0, Logprobs: not true })
            errors.Add(new("top_logprobs", "has no effect unless logprobs is true. Set it, or leave this out."));
        Check("max_tokens", request.MaxTokens, new(1, int.MaxValue), isWhole: true);
        Check("max_completion_tokens", request.MaxCompletionTokens, new(1, int.MaxValue), isWhole: true);
        if (request.MaxTokens is { } older && request.MaxCompletionTokens is { } newer && older != newer)
            errors.Add(new("max_tokens", "is given next to another max_completion_tokens; give one of them."));
        else if (MaxTokens > options.MaxTokens)
            errors.Add(LiveReader.TooMany(
                request.MaxTokens is null ? "max_completion_tokens" : "max_tokens", MaxTokens.Value, options.MaxTokens));
        if (request.ReasoningEffort is { } effort && !Efforts.Contains(effort))
            errors.Add(new("reasoning_effort", $"must be {string.Join(", ", Efforts[..^1])} or {Efforts[^1]}, not '{effort}'."));
        if (request.StreamOptions is not null && request.Stream is not true)
            errors.Add(new("stream_options", "has no effect unless stream is true. Leave it out."));
    }

    private void Check(string field, double? given, NumberRange range, bool isWhole = false)
    {
        if (given is { } value && !range.Holds(value))
            errors.Add(new(field, FormattableString.Invariant($"must be {(isWhole ? range.Whole : range.Number)}, not {value}.")));
    }

    private ImmutableArray<string> Stops()
    {
        ImmutableArray<string>? stops = request.Stop switch
        {
            null or { ValueKind: JsonValueKind.Null } => [],
            { ValueKind: JsonValueKind.String } one => [one.GetString()!],
            { ValueKind: JsonValueKind.Array } several when several.EnumerateArray().All(s => s.ValueKind is JsonValueKind.String) =>
                [.. several.EnumerateArray().Select(s => s.GetString()!)],
            _ => null,
        };
        if (stops is { Length: <= MostStops } texts && texts.All(t => t.Length > 0))
            return texts;
        errors.Add(new("stop", $"must be a text or a list of at most {MostStops} texts, none of them empty."));
        return [];
    }
}
