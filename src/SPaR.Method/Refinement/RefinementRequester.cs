using SPaR.Method.Items;
using SPaR.Method.Recipes;
using SPaR.Method.Tracing;

namespace SPaR.Method.Refinement;

/// <summary>A place for a child. Each slot that is tried ends in one node row.</summary>
internal readonly record struct Slot(TreeNode Parent, int Index)
{
    public string Path => $"{Parent.Path}.{Index}";
}

/// <param name="Nodes">One row per slot, in order, with an answer to judge or without one.</param>
/// <param name="Fresh">The rows that are not stored yet.</param>
internal sealed record Refinements(IReadOnlyList<Node> Nodes, IReadOnlyList<Node> Fresh, TokenUsage Usage);

/// <summary>Asks the refiner for refined answers and reads them. Neither judges nor stores them.</summary>
/// <remarks>A request's purpose names its slots and the attempt, from 0: "refine r.0,r.2 #1".</remarks>
internal sealed class RefinementRequester(ItemRun item)
{
    private static readonly Reply Nothing = Reply.Of(new("", [], FinishReason.Stop), null, opened: false);

    private readonly SearchOptions _options = item.Recipe.Refine;
    private readonly string _promptHash = PromptHash.Of(item.Recipe.Prompts);
    private readonly Dictionary<string, Node> _stored = item.Journal.Found.Nodes.ToDictionary(n => n.Path);

    /// <summary>Asks for all slots of one parent in one request, then again for those whose reply was unreadable. Skips slots whose
    /// node is stored.</summary>
    public async Task<Refinements> RequestAsync(TreeNode parent, IReadOnlyList<Slot> slots, CancellationToken cancellationToken)
    {
        using var span = MethodTrace.Start("expand", parent.Path);
        var conversation = RefinePrompt.Conversation(
            item.Recipe.Prompts, item.Prompt, parent.Text, parent.Critique, IsAsGenerated(parent.Judgement));
        var fresh = new Dictionary<Slot, Node>();
        var usage = default(TokenUsage);
        var open = slots.Where(s => !_stored.ContainsKey(s.Path)).ToList();
        for (var attempt = 0; attempt < _options.Attempts && open.Count > 0; attempt++)
        {
            var request = item.Request(
                conversation,
                _options.ToSampling(),
                [.. open.Select(s => item.Seed("refine", s.Path, attempt))],
                $"refine {string.Join(',', open.Select(s => s.Path))} #{attempt}");
            if (await TryGenerateAsync(request, cancellationToken) is not { } replies)
            {
                // Trying again is no use: the conversation stays the same.
                for (var i = 0; i < open.Count; i++)
                    fresh[open[i]] = Row(open[i], NodeOutcome.TooLong, "", Nothing, attempt, request.Seeds[i]);
                break;
            }

            usage += replies.Usage;
            for (var i = 0; i < open.Count; i++)
                fresh[open[i]] = Row(open[i], replies.All[i], attempt, request.Seeds[i]);
            open.RemoveAll(s => fresh[s].Outcome == NodeOutcome.Refined);
        }

        foreach (var node in fresh.Values)
            MethodTrace.Verified(node.Path, node.Verifier);
        return new(
            [.. slots.Select(s => _stored.TryGetValue(s.Path, out var row) ? row : fresh[s])],
            [.. slots.Where(fresh.ContainsKey).Select(s => fresh[s])],
            usage);
    }

    /// <summary>Another judge's tokens are of its own vocabulary. A template with reasoning opens a generated turn in another way than one
    /// given as text; the verifier's critique is text, as it is in training.</summary>
    private bool IsAsGenerated(Judgement judgement) => item.Models.Refiner is { Reasoning: null, File: var refiner }
        ? judgement.ModelHash == refiner.Hash
        : judgement.HasCritiqueBy(item.Models.Refiner.File);

    private async Task<Replies?> TryGenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await item.GenerateAsync(item.Models.Refiner, request, cancellationToken);
        }
        catch (PromptTooLongException)
        {
            return null;
        }
    }

    private Node Row(Slot slot, Reply reply, int attempt, ulong seed) =>
        AnswerReader.Read(item.Recipe.Prompts.Answer, reply.Text) is { } text
            ? Row(slot, NodeOutcome.Refined, text, reply, attempt, seed)
            : Row(slot, NodeOutcome.Unreadable, "", reply, attempt, seed);

    private Node Row(Slot slot, NodeOutcome outcome, string text, Reply reply, int attempt, ulong seed) => new()
    {
        RunId = item.Key.RunId,
        Round = item.Key.Round,
        InstructionId = item.Key.InstructionId,
        Path = slot.Path,
        Parent = slot.Parent.Path,
        Depth = slot.Parent.Row.Depth + 1,
        Outcome = outcome,
        Text = text,
        Reasoning = reply.Reasoning,
        Tokens = reply.Sample.Tokens,
        Reply = reply.Text,
        Truncated = reply.Truncated,
        Verifier = text.Length == 0 ? null : item.Verifier?.Check(text),
        Attempts = attempt + 1,
        Seed = seed,
        ModelHash = item.Models.Refiner.File.Hash,
        PromptHash = _promptHash,
    };
}
