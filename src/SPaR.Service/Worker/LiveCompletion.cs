using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using SPaR.Method.Items;
using SPaR.Service.Live;
using SPaR.Service.Tracing;

namespace SPaR.Service.Worker;

/// <summary>Generates answers for a client that waits, before all runs, and writes them as they are generated.</summary>
internal sealed class LiveCompletion(LiveWorkStore store, IOptions<LiveOptions> live)
{
    public async Task<LiveResult> RunAsync(
        LiveRequest request, CompletionOptions options, LiveLease lease, ITextModel model, CancellationToken cancellationToken)
    {
        using var span = WorkTrace.Continue("completion", request.TraceParent)?.SetTag("spar.request.id", request.Id);
        var conversation = new Conversation([.. request.Messages.Select(m => m.ToTurn())]) { Thinks = options.Thinks };
        var prompt = model.Encode(conversation).Length;
        var most = options.MaxTokens ?? Math.Clamp(model.ContextTokens - prompt, 1, live.Value.MaxTokens);
        var generation = new GenerationRequest(
            conversation, new(options.Temperature, options.TopP, 0, 0, most),
            [.. Enumerable.Range(0, options.N).Select(i => Seed.Derive(request.Seed, "completion", i))], "completion")
        {
            Priority = new(request.Id, 0, Express: true),
            VisibleTokens = model.Reasoning is { } marks ? [marks.Open, marks.Close] : [],
            StopAt = options.Stop,
            Streams = options.Streams,
            TopLogProbs = options.TopLogProbs,
        };
        var opened = model.Reasoning is { IsOpened: true } && options.Thinks;
        var result = options.Streams
            ? await StreamAsync(generation, opened, lease, model, cancellationToken)
            : await model.GenerateTracedAsync(generation, cancellationToken);
        return new()
        {
            Choices = [.. result.Samples.Select(sample => Choice(sample, model.Reasoning, opened))],
            Usage = new(prompt, result.Usage.Generated),
        };
    }

    private static CompletionChoice Choice(Sample sample, ReasoningFormat? format, bool opened)
    {
        var stream = new ReasonedStream(format, opened);
        var (first, last) = (stream.Add(sample.Text), stream.Complete());
        var reasoning = first.Reasoning + last.Reasoning;
        var text = first.Text + last.Text;
        return new(
            text, reasoning.Length > 0 ? reasoning : null, sample.Finish,
            sample.LogProbs is [] ? null : Within(sample.LogProbs, sample.Text, text));
    }

    /// <returns>Those of the tokens that have a part of the text, which is what the whole has besides reasoning.</returns>
    private static ImmutableArray<TokenLogProbs> Within(ImmutableArray<TokenLogProbs> tokens, string whole, string text)
    {
        var start = Encoding.UTF8.GetByteCount(whole.AsSpan(0, Math.Max(0, whole.LastIndexOf(text, StringComparison.Ordinal))));
        var end = start + Encoding.UTF8.GetByteCount(text);
        var (within, at) = (ImmutableArray.CreateBuilder<TokenLogProbs>(), 0);
        foreach (var token in tokens)
        {
            if (at < end && at + token.Token.Bytes.Length > start)
                within.Add(token);
            at += token.Token.Bytes.Length;
        }

        return within.DrainToImmutable();
    }

    /// <summary>While one output is written, the text that arrives waits for the next: a slow database makes fewer and longer
    /// ones.</summary>
    private async Task<GenerationResult> StreamAsync(
        GenerationRequest generation, bool opened, LiveLease lease, ITextModel model, CancellationToken cancellationToken)
    {
        var pieces = Channel.CreateUnbounded<ImmutableArray<TextPiece>>(new() { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = WriteAsync();
        try
        {
            return await model.GenerateTracedAsync(generation with { Progress = new Pieces(pieces.Writer) }, stop.Token);
        }
        finally
        {
            pieces.Writer.Complete();
            // What could not be written is the reason why the generation was stopped.
            await writing;
        }

        async Task WriteAsync()
        {
            try
            {
                var texts = generation.Seeds.Select(_ => new ReasonedStream(model.Reasoning, opened)).ToArray();
                while (await pieces.Reader.WaitToReadAsync(cancellationToken))
                    await WriteTextAsync(
                        lease, [.. Arrived(pieces.Reader).GroupBy(p => p.Sample).Select(sample => Text(
                            sample.Key, texts[sample.Key].Add(string.Concat(sample.Select(p => p.Text)))))], cancellationToken);
                await WriteTextAsync(lease, [.. texts.Select((text, i) => Text(i, text.Complete()))], cancellationToken);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }

    private static IEnumerable<TextPiece> Arrived(ChannelReader<ImmutableArray<TextPiece>> pieces)
    {
        while (pieces.TryRead(out var arrived))
            foreach (var piece in arrived)
                yield return piece;
    }

    private static CompletionText Text(int choice, (string Text, string Reasoning) more) => new(choice, more.Text, more.Reasoning);

    private async Task WriteTextAsync(LiveLease lease, ImmutableArray<CompletionText> texts, CancellationToken cancellationToken)
    {
        texts = texts.RemoveAll(t => t.Text.Length == 0 && t.Reasoning.Length == 0);
        if (!texts.IsEmpty)
            await store.WriteAsync(lease, new(Text: texts), cancellationToken);
    }

    private sealed class Pieces(ChannelWriter<ImmutableArray<TextPiece>> writer) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            if (!value.Pieces.IsEmpty)
                writer.TryWrite(value.Pieces);
        }
    }
}
