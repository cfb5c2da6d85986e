using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Method.Verifying;

namespace SPaR.Service.Live;

/// <summary>Reads what refinements and completions are asked for.</summary>
internal static class LiveReader
{
    /// <summary>Its fields have no prefix.</summary>
    public static readonly Place Body = new("", "");

    private const string NoEffect = "has no effect on a refinement, which is of no run. Leave it out.";

    /// <summary>A conversation that ends with the user's message.</summary>
    public static ImmutableArray<ChatMessage> Messages(JsonElement json, List<FieldError> errors)
    {
        var fields = Fields("messages", json, errors);
        var messages = fields.Messages("messages");
        if (fields.IsValid && messages is not [.., { Role: "user" }])
            fields.Fault("messages", $"ends with a message of the {messages[^1].Role}; it must end with one of the user.");
        return [.. messages.Select(m => new ChatMessage(m.Role, m.Content))];
    }

    /// <summary>A prompt, or a conversation.</summary>
    public static ImmutableArray<ChatMessage> Messages(string? prompt, JsonElement? messages, List<FieldError> errors)
    {
        if (prompt is not null && messages is not null)
            errors.Add(new("prompt", "is given next to messages; give one of them."));
        else if (messages is { } conversation)
            return Messages(conversation, errors);
        else if (string.IsNullOrWhiteSpace(prompt))
            errors.Add(new("prompt", "is missing; give prompt (a text) or messages (a conversation that ends with the user's message)."));
        return [new("user", prompt ?? "")];
    }

    /// <param name="within">The object that they are in.</param>
    public static JsonNode? Constraints(
        JsonElement? json, ImmutableArray<ChatMessage> messages, Place within, List<FieldError> errors)
    {
        if (json is not { ValueKind: not JsonValueKind.Null } given)
            return null;
        ConstraintsReader.Read(given, messages is [.., var last] ? last.Content : "", within, errors);
        return JsonSerializer.SerializeToNode(given);
    }

    /// <summary>Checks the recipe of a refinement, and lowers defaults to what the service allows.</summary>
    /// <param name="field">What the request calls the recipe.</param>
    public static Recipe Limit(Recipe recipe, string field, int mostTokens, bool hasConstraints, List<FieldError> errors)
    {
        var standard = new Recipe();
        (string Name, bool Differs)[] unused =
        [
            ("pair.source", recipe.Pair.Source != standard.Pair.Source), ("pair_filters", recipe.PairFilters != standard.PairFilters),
            ("instructions_per_round", recipe.InstructionsPerRound is not null), ("train", recipe.Train is not null),
            ("evaluate", recipe.Evaluate.Benchmarks.Length > 0), ("rollback", recipe.Rollback is not null),
        ];
        errors.AddRange(unused.Where(u => u.Differs).Select(u => new FieldError($"{field}.{u.Name}", NoEffect)));
        if (recipe.Judge.Judging == JudgingMode.VotesAndVerifier && !hasConstraints)
            errors.Add(new(
                $"{field}.judge.judging", "votes+verifier has no effect without constraints; choose votes, or give constraints."));
        return recipe with
        {
            Sample = recipe.Sample with { MaxTokens = Tokens("sample", recipe.Sample, standard.Sample) },
            Judge = recipe.Judge with { MaxTokens = Tokens("judge", recipe.Judge, standard.Judge) },
            Refine = recipe.Refine with { MaxTokens = Tokens("refine", recipe.Refine, standard.Refine) },
        };

        int Tokens(string part, SamplingSettings given, SamplingSettings standard)
        {
            if (given.MaxTokens > mostTokens && given.MaxTokens != standard.MaxTokens)
                errors.Add(TooMany($"{field}.{part}.max_tokens", given.MaxTokens, mostTokens));
            return Math.Min(given.MaxTokens, mostTokens);
        }
    }

    public static FieldError TooMany(string field, int given, int most) => new(
        field, string.Create(CultureInfo.InvariantCulture, $"is {given}; Live:MaxTokens allows {most}."));

    /// <summary>A reader of one field.</summary>
    private static FieldReader Fields(string name, JsonElement value, List<FieldError> errors) =>
        new(JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { [name] = value }), Body, errors);
}
