using System.Security.Cryptography;
using System.Text;
using SPaR.Method.Items;
using SPaR.Method.Judging;

namespace SPaR.Method.Refinement;

/// <summary>The attempts to judge one answer of a tree.</summary>
/// <param name="Last">The judgement that counts, or the last one that was not decided; null when the answer does not fit the judge's
/// context.</param>
/// <param name="Fresh">The judgements that are not stored yet.</param>
internal sealed record JudgeAttempts(Judgement? Last, IReadOnlyList<Judgement> Fresh, TokenUsage Usage)
{
    /// <summary>There is a majority, hence a value and a critique.</summary>
    public bool IsDecided => Last is { Critique: not null };
}

/// <summary>Judges the answers of a tree, again after a tie or when no vote was readable. Stores nothing.</summary>
/// <remarks>A request's purpose names the node and the attempt, from 0: "judge r.0.1 #2".</remarks>
internal sealed class NodeJudge(ItemRun item)
{
    private readonly Voting _voting = new(item);
    private readonly Dictionary<(string Subject, int Attempt), Judgement> _stored =
        item.Journal.Found.Judgements.ToDictionary(j => (j.Subject, j.Attempt));

    /// <param name="path">The first node with this answer; it is the subject of the judgement.</param>
    public async Task<JudgeAttempts> JudgeAsync(string path, string answer, CancellationToken cancellationToken)
    {
        // Seeds derive from the answer, not from its place: equal answers get equal votes, whichever node is judged.
        var place = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(answer)));
        var fresh = new List<Judgement>();
        var usage = default(TokenUsage);
        Judgement? last = null;
        for (var attempt = 0; attempt < item.Recipe.Judge.Attempts && last?.Critique is null; attempt++)
        {
            if (_stored.TryGetValue((path, attempt), out last))
                continue;
            try
            {
                var number = attempt;
                (last, var cost) = await _voting.JudgeAsync(
                    path, attempt, answer, vote => item.Seed("vote", place, number, vote), $"judge {path} #{attempt}", inTree: true,
                    cancellationToken);
                fresh.Add(last);
                usage += cost;
            }
            catch (PromptTooLongException)
            {
                return new(null, fresh, usage);
            }
        }

        return new(last, fresh, usage);
    }
}
