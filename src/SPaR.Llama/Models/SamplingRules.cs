namespace SPaR.Llama.Models;

/// <summary>Checks the fields of a request.</summary>
internal static class SamplingRules
{
    /// <exception cref="ArgumentException">A field is invalid; the message names it.</exception>
    public static void Check(GenerationRequest request)
    {
        var s = request.Sampling;
        Require(!request.Seeds.IsDefaultOrEmpty, "Seeds must have at least one seed, one for each sample.");
        Require(s.Temperature is >= 0 and <= 100, $"Temperature must be from 0 to 100; it is {s.Temperature}.");
        Require(s.TopP is > 0 and <= 1, $"TopP must be above 0 and at most 1; it is {s.TopP}.");
        Require(s.TopK >= 0, $"TopK must be 0 or more; it is {s.TopK}.");
        Require(s.MinP is >= 0 and <= 1, $"MinP must be from 0 to 1; it is {s.MinP}.");
        Require(s.RepetitionPenalty is > 0 and <= 100, $"RepetitionPenalty must be above 0 and at most 100; it is {s.RepetitionPenalty}.");
        Require(Enum.IsDefined(s.Order), $"Order must be TemperatureFirst or FiltersFirst; it is {s.Order}.");
        Require(s.MaxTokens >= 1, $"MaxTokens must be at least 1; it is {s.MaxTokens}.");
        Require(request.TopLogProbs is null or (>= 0 and <= 20), $"TopLogProbs must be from 0 to 20; it is {request.TopLogProbs}.");
        Require(request.StopAt.All(stop => stop is { Length: > 0 }), "StopAt has an empty text. Remove it.");
    }

    /// <exception cref="ArgumentException">A field is invalid; the message names it.</exception>
    public static void Check(ScoringRequest request)
    {
        Require(!request.Continuations.IsDefaultOrEmpty, "Continuations must have at least one text to score.");
        for (var i = 0; i < request.Continuations.Length; i++)
            Require(request.Continuations[i] is { Length: > 0 }, $"Continuations[{i}] is empty. Remove it or give it a text.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new ArgumentException(message);
    }
}
