using System.Collections.Immutable;
using SPaR.Llama.Binding;
using SPaR.Llama.Scheduling;

namespace SPaR.Llama.Models;

/// <summary>Reads the samples of one request while they are drawn: ends them at the texts that the request names, and collects the pieces
/// that can be given to its caller. Tokens arrive on the decode thread; the caller takes pieces on its own.</summary>
internal sealed class TextWatch : ITokenWatch
{
    private readonly Lock _lock = new();
    private readonly Vocabulary _vocabulary;
    private readonly ImmutableArray<int> _visible;
    private readonly ImmutableArray<GrowingText> _texts;
    private readonly bool[] _hasStarted;
    private byte[] _bytes = new byte[64];
    private volatile TaskCompletionSource _changed = NewSignal();

    private TextWatch(Vocabulary vocabulary, GenerationRequest request)
    {
        _vocabulary = vocabulary;
        _visible = vocabulary.IdsOf(request.VisibleTokens);
        _texts = [.. request.Seeds.Select(_ => new GrowingText(request.StopAt))];
        _hasStarted = new bool[_texts.Length];
    }

    /// <returns>Null where nobody needs the text before the request ends.</returns>
    public static TextWatch? Of(Vocabulary vocabulary, GenerationRequest request) =>
        request.Streams || !request.StopAt.IsEmpty ? new(vocabulary, request) : null;

    public bool IsLast(int sample, int token)
    {
        bool isLast;
        lock (_lock)
        {
            isLast = _texts[sample].Add(
                _vocabulary.BytesOf(token, ref _bytes, isFirst: !_hasStarted[sample], isVisible: _visible.Contains(token)));
            _hasStarted[sample] = true;
        }

        Signal();
        return isLast;
    }

    /// <summary>Ends a wait for more text.</summary>
    public void Signal() => _changed.TrySetResult();

    /// <summary>Waits until there is more text, or for this time.</summary>
    public async Task WaitAsync(TimeSpan atMost)
    {
        await _changed.Task.WaitAsync(atMost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What was signalled until now is taken next.
        _changed = NewSignal();
    }

    /// <summary>The pieces since the last call.</summary>
    /// <param name="isEnd">The samples are complete: what was uncertain is now part of them.</param>
    public ImmutableArray<TextPiece> Take(bool isEnd = false)
    {
        lock (_lock)
        {
            if (isEnd)
                foreach (var text in _texts)
                    text.Complete();
            return [.. _texts.Select((text, sample) => new TextPiece(sample, text.Take())).Where(piece => piece.Text.Length > 0)];
        }
    }

    /// <summary>The whole text of a complete sample.</summary>
    public string TextOf(int sample)
    {
        lock (_lock)
        {
            _texts[sample].Complete();
            return _texts[sample].ToString();
        }
    }

    // Whoever waits must not go on on the decode thread.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
