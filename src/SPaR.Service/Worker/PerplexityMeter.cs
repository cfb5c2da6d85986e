using SPaR.Service.Conversions;
using SPaR.Service.Datasets;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>Measures how well two models predict the replies of a dataset: exp of the mean negative log-probability of a reply's
/// token.</summary>
internal sealed class PerplexityMeter(ModelCache models, ModelFolder folder)
{
    /// <summary>Enough for three digits; scoring them takes minutes, not hours.</summary>
    private const int MostReplies = 500, InFlight = 8;

    /// <exception cref="ModelRejectedException"><c>no-replies</c>, or a model cannot be loaded.</exception>
    public async Task<PerplexityReport> CompareAsync(
        SparDb db, string dataset, Model before, Model after, CancellationToken cancellationToken)
    {
        var replies = (await db.DatasetRows.AsNoTracking().Where(r => r.DatasetId == dataset).OrderBy(r => r.Ordinal).Take(MostReplies)
            .ToListAsync(cancellationToken)).Select(Request).OfType<ScoringRequest>().ToList();
        // One after the other: both may not fit the memory.
        var first = await ScoreAsync(before, replies, cancellationToken);
        var second = await ScoreAsync(after, replies, cancellationToken);
        var both = first.Zip(second).Where(p => p.First is not null && p.Second is not null).ToList();
        if (both.Sum(p => (long)p.First!.Value.Tokens) is var tokens && tokens == 0)
            throw new ModelRejectedException(
                "no-replies", $"The dataset {dataset} has no reply that fits the model's context; use one with shorter replies.");
        var was = Perplexity(both.Sum(p => p.First!.Value.LogProbability));
        var now = Perplexity(both.Sum(p => p.Second!.Value.LogProbability));
        return new(both.Count, tokens, was, now, now / was - 1);

        double Perplexity(double sum) => Math.Exp(-sum / tokens);
    }

    /// <summary>Of a preference the chosen reply; of a conversation its last turn. Null without a reply.</summary>
    private static ScoringRequest? Request(DatasetRow row)
    {
        var reply = row.Chosen ?? (row.Messages is [.., { Role: "assistant" } last] ? last.Content : null);
        var turns = row.Chosen is null ? row.Messages.SkipLast(1) : row.Messages;
        return string.IsNullOrEmpty(reply) || turns.LastOrDefault()?.Role != "user" ? null : new(
            new([.. turns.Select(m => new ChatMessage(m.Role, m.Content).ToTurn())]), "", [reply], $"perplexity {row.Place}")
        { Deterministic = true };
    }

    /// <returns>Null for one that does not fit the context.</returns>
    private async Task<IReadOnlyList<ContinuationScore?>> ScoreAsync(
        Model model, IReadOnlyList<ScoringRequest> replies, CancellationToken cancellationToken)
    {
        await using var lease = await models.LeaseAsync(model.In(folder.Root), cancellationToken);
        var scores = new ContinuationScore?[replies.Count];
        await Parallel.ForAsync(
            0, replies.Count, new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                try
                {
                    scores[i] = (await lease.Model.ScoreAsync(replies[i], token)).Scores[0];
                }
                catch (PromptTooLongException)
                {
                    scores[i] = null;
                }
            });
        return scores;
    }
}
