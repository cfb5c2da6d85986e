using System.Globalization;

namespace SPaR.Benchmarks.Inference;

/// <summary>Runs one tree of the workload, from the votes on its root to those on its last child.</summary>
internal sealed class TreeWorkload(
    WorkloadShape shape, WorkloadTexts texts, int tree, Func<GenerationRequest, Task<GenerationResult>> generate)
{
    private readonly SamplingOptions _sampling = new(0.7, 1, 0, 0, shape.Tokens);
    private readonly Lock _gate = new();

    public WorkDone Done { get; private set; }

    public async Task RunAsync()
    {
        List<Node> kept = [await JudgeAsync(0, texts.RootAnswer(tree))];
        for (var level = 0; level < shape.Levels; level++)
        {
            var first = level == 0 ? 1 : 1 + WorkloadShape.Branches * (1 + (level - 1) * WorkloadShape.Kept);
            var children = (await Task.WhenAll(kept.Select((node, i) => ExpandAsync(node, first + i * WorkloadShape.Branches))))
                .SelectMany(c => c).ToList();
            // The level is complete: nothing continues its parents or the children that are not kept.
            foreach (var node in kept.Concat(children.Skip(WorkloadShape.Kept)))
                node.Lease?.Dispose();
            kept = children[..WorkloadShape.Kept];
        }
        foreach (var node in kept)
            node.Lease?.Dispose();
    }

    /// <param name="first">The number of the first child in the tree.</param>
    private async Task<Node[]> ExpandAsync(Node node, int first)
    {
        var conversation = node.Judged.Assistant(node.Vote.Text, node.Vote.Tokens).User(texts.RefineRequest);
        var refined = await AskAsync(conversation, first, WorkloadShape.Branches, retain: false, "refine");
        return await Task.WhenAll(refined.Samples.Select((answer, i) => JudgeAsync(first + i, answer.Text)));
    }

    private async Task<Node> JudgeAsync(int number, string answer)
    {
        var prompt = Conversation.Empty.User(texts.Judge(tree, answer));
        var votes = await AskAsync(prompt, number, WorkloadShape.Votes, retain: true, "judge");
        votes.Prefix?.Keep(0);
        return new Node(prompt, votes.Samples[0], votes.Prefix);
    }

    private async Task<GenerationResult> AskAsync(Conversation conversation, int node, int samples, bool retain, string purpose)
    {
        var request = new GenerationRequest(
            conversation, _sampling, [.. Enumerable.Range(0, samples).Select(s => Seed(node, s, retain))],
            string.Create(CultureInfo.InvariantCulture, $"{purpose} {tree}.{node}"))
        {
            Priority = new RequestPriority("bench", tree),
            Retain = retain,
        };
        var result = await generate(request);
        if (result.Samples.Length != samples || result.Samples.FirstOrDefault(s => s.Tokens.Length != shape.Tokens) is { } other)
            throw new InvalidOperationException(
                $"'{request.Purpose}' should give {samples} samples of {shape.Tokens} tokens; it gave "
                + string.Join(", ", result.Samples.Select(s => s.Tokens.Length)) + " tokens. Unequal arms cannot be compared.");
        var usage = result.Usage;
        lock (_gate)
            Done += new WorkDone(samples, (long)samples * shape.Tokens, usage.PrefillComputed + usage.PrefillForked);
        return result;
    }

    private ulong Seed(int node, int sample, bool judging) => (ulong)(((tree * 100 + node) * 2 + (judging ? 1 : 0)) * 10 + sample);

    private sealed record Node(Conversation Judged, Sample Vote, IDisposable? Lease);
}
