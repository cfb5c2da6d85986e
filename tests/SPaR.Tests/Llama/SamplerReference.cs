namespace SPaR.Tests.Llama;

/// <summary>The plain definition of a sampler: sort and add up, in doubles.</summary>
internal static class SamplerReference
{
    /// <returns>The probability of each token.</returns>
    public static double[] Probabilities(float[] logits, SamplingOptions options, int[] seen)
    {
        var penalised = logits.Select((logit, token) => seen.Contains(token) ? Penalised(logit, options.RepetitionPenalty) : logit)
            .ToArray();
        var tempered = Softmax([.. penalised.Select(logit => logit / options.Temperature)]);
        var kept = Kept(options.Order == SamplingOrder.TemperatureFirst ? tempered : Softmax(penalised), options);
        var mass = kept.Sum(token => tempered[token]);
        return [.. tempered.Select((p, token) => kept.Contains(token) ? p / mass : 0)];
    }

    private static double Penalised(double logit, double penalty) => logit > 0 ? logit / penalty : logit * penalty;

    private static double[] Softmax(double[] logits)
    {
        var greatest = logits.Max();
        var sum = logits.Sum(logit => Math.Exp(logit - greatest));
        return [.. logits.Select(logit => Math.Exp(logit - greatest) / sum)];
    }

    private static HashSet<int> Kept(double[] probabilities, SamplingOptions options)
    {
        var ranked = Enumerable.Range(0, probabilities.Length).OrderByDescending(t => probabilities[t]).ThenBy(t => t).ToList();
        if (options.TopK > 0)
            ranked = [.. ranked.Take(options.TopK)];
        var wanted = options.TopP * ranked.Sum(t => probabilities[t]);
        var kept = new HashSet<int>();
        var mass = 0.0;
        foreach (var token in ranked.TakeWhile(_ => options.TopP == 1 || mass < wanted))
        {
            mass += probabilities[token];
            if (probabilities[token] >= options.MinP * probabilities[ranked[0]])
                kept.Add(token);
        }
        return kept;
    }
}
