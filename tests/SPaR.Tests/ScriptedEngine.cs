using System.Collections.Immutable;
using SPaR.Method.Items;

namespace SPaR.Tests;

/// <summary>An engine that says what a test tells it: <c>engine.WhenJudging("bad").Say(No, No, Yes)</c>. It is actor, refiner and
/// judge at once and understands conversations of <see cref="Items.Prompts"/>.</summary>
/// <remarks>The n-th request about an answer gets the n-th reply; the last reply is repeated. Replies by seed (<see cref="JudgeBy"/>,
/// <see cref="RefineBy"/>) depend on position instead, as with a real model.</remarks>
internal sealed class ScriptedEngine : ITextEngine, ITextModel
{
    private readonly Dictionary<string, Script<Verdict[]>> _votes = [];
    private readonly Dictionary<string, Script<string?>> _refinements = [];
    private readonly Dictionary<string, int> _words = [];
    private readonly Dictionary<string, string> _held = [];
    private string[] _samples = [];
    private Func<string, ulong, Verdict>? _judgeBy;
    private Func<string, ulong, string?>? _refineBy;
    private Func<string, double> _probabilityOfYes = _ => throw new InvalidOperationException("No test has said what to score by.");
    private Func<GenerationRequest, bool> _tooLong = _ => false;

    /// <summary>The prefixes that callers hold now; <c>judge r.0 #0: 2</c> is the third sample.</summary>
    public IReadOnlyList<string> Held
    {
        get
        {
            lock (_words)
                return [.. _held.Select(h => $"{h.Key}: {h.Value}").Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The most requests whose prefixes were held at once.</summary>
    public int MostHeld { get; private set; }

    /// <summary>Every request in order, as "judge bad" or "refine bad".</summary>
    public IReadOnlyList<string> Asked =>
    [
        .. Requests.Where(r => r.Purpose != "sample" && !_tooLong(r))
            .Select(r => $"{r.Purpose.Split(' ')[0]} {r.Conversation.Turns[1].Content}"),
    ];

    public List<GenerationRequest> Requests { get; } = [];

    public List<ScoringRequest> Scored { get; } = [];

    /// <summary>Awaited before a request is answered; lets a test decide the order of replies.</summary>
    public Func<GenerationRequest, Task> Pace { get; set; } = async _ => await Task.Yield();

    /// <summary>The replies to a request; null leaves them to the scripts.</summary>
    public Func<GenerationRequest, string[]?> Reply { get; set; } = _ => null;

    /// <summary>The log-probability of a continuation; null leaves it to <see cref="ScoreBy"/>.</summary>
    public Func<ScoringRequest, string, double?> Score { get; set; } = (_, _) => null;

    /// <summary>Told of every prompt that is encoded.</summary>
    public Action<Conversation> Encoding { get; init; } = _ => { };

    /// <summary>Awaited before anything is scored.</summary>
    public Func<ScoringRequest, Task> ScoringPace { get; set; } = async _ => await Task.Yield();

    public ModelFile File { get; init; } = new("scripted.gguf", new('0', 64), "scripted");

    public int ContextTokens => 4096;

    public int Sequences => 64;

    public ReasoningFormat? Reasoning { get; set; }

    /// <summary>What it writes before every reply.</summary>
    public string Thought { get; set; } = "";

    public void WhenSampling(params string[] answers) => _samples = answers;

    public Script<Verdict[]> WhenJudging(string answer) => _votes.TryGetValue(answer, out var script) ? script : _votes[answer] = new();

    public Script<string?> WhenRefining(string answer)
        => _refinements.TryGetValue(answer, out var script) ? script : _refinements[answer] = new();

    public void JudgeBy(Func<string, ulong, Verdict> verdict) => _judgeBy = verdict;

    public void RefineBy(Func<string, ulong, string?> refinement) => _refineBy = refinement;

    /// <param name="yes">The probability of Yes by the judged answer; No has the rest.</param>
    public void ScoreBy(Func<string, double> yes) => _probabilityOfYes = yes;

    public void TooLongWhen(Func<GenerationRequest, bool> request) => _tooLong = request;

    public Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken) => Task.FromResult<ITextModel>(this);

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        lock (_words)
            Requests.Add(request);
        await Pace(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (_tooLong(request))
            throw new PromptTooLongException(5000, request.Sampling.MaxTokens, ContextTokens);
        lock (_words)
        {
            var replies = Replies(request).Select(text => new Sample(text, Tokenize(text), FinishReason.Stop));
            return new([.. replies], new(request.Conversation.Turns.Length, 0, request.Seeds.Length))
            {
                Prefix = request.Retain ? new HeldPrefix(this, request) : null,
            };
        }
    }

    public async Task<ScoringResult> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken)
    {
        await ScoringPace(request);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_words)
            Scored.Add(request);
        // Called once per request: it may say something else next time.
        var yes = new Lazy<double>(() => _probabilityOfYes(request.Conversation.Turns[1].Content));
        return new(
            [
                .. request.Continuations
                    .Select(word => Score(request, word) ?? Math.Log(word == "Yes" ? yes.Value : 1 - yes.Value))
                    .Select(log => new ContinuationScore(log, 1, log > Math.Log(0.5))),
            ],
            new(0, request.Conversation.Turns.Length, 0));
    }

    /// <summary>One token for each word.</summary>
    public ImmutableArray<int> Tokenize(string text)
    {
        lock (_words)
            return [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Id)];

        int Id(string word) => _words.TryGetValue(word, out var id) ? id : _words[word] = _words.Count;
    }

    /// <summary>The words of tokens that this engine gave.</summary>
    public string Words(IEnumerable<int> tokens) => string.Join(' ', tokens.Select(token => _words.Single(w => w.Value == token).Key));

    /// <summary>One token for each word, with a role token before each turn and an end token after each answer.</summary>
    public ImmutableArray<int> Encode(Conversation prompt)
    {
        Encoding(prompt);
        return [.. Tokenize("<begin>"), .. prompt.Turns.SelectMany(Encode), .. Tokenize("<Assistant>")];
    }

    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer) => new(Tokenize(answer), Tokenize("<end>"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IEnumerable<int> Encode(Turn turn) =>
        [.. Tokenize($"<{turn.Role}>"), .. turn.Tokens ?? Tokenize(turn.Content), .. Tokenize(turn.Role is Role.Assistant ? "<end>" : "")];

    private string[] Replies(GenerationRequest request)
    {
        var turns = request.Conversation.Turns;
        return [.. (Reply(request) ?? Scripted(request, turns)).Select(text => Thought + text)];
    }

    private string[] Scripted(GenerationRequest request, ImmutableArray<Turn> turns)
    {
        if (request.Purpose == "sample")
            return [.. request.Seeds.Select((_, i) => _samples[i])];
        var answer = turns[1].Content;
        var refining = request.Purpose.StartsWith("refine ", StringComparison.Ordinal);
        return refining
            ? [.. request.Seeds.Select(seed => (_refineBy is null ? _refinements[answer].Next() : _refineBy(answer, seed)) ?? "")]
            : Votes(answer, request.Seeds);
    }

    private string[] Votes(string answer, ImmutableArray<ulong> seeds)
    {
        if (_judgeBy is not null)
            return [.. seeds.Select(seed => $"{answer} seen with {seed}: {Word(_judgeBy(answer, seed))}")];
        var script = _votes[answer];
        var request = script.Said;
        var said = script.Next();
        return [.. seeds.Select((_, i) => $"{answer}#{request}.{i} {Word(said[i])}")];
    }

    private sealed class HeldPrefix : IPrefixLease
    {
        private readonly ScriptedEngine _engine;
        private readonly string _purpose;
        private HashSet<int> _samples;

        public HeldPrefix(ScriptedEngine engine, GenerationRequest request)
        {
            (_engine, _purpose, _samples) = (engine, request.Purpose, [.. Enumerable.Range(0, request.Seeds.Length)]);
            engine.MostHeld = Math.Max(engine.MostHeld, engine._held.Count + 1);
            Note();
        }

        public void Keep(int sample)
        {
            lock (_engine._words)
            {
                _samples.IntersectWith([sample]);
                Note();
            }
        }

        public void Dispose()
        {
            lock (_engine._words)
            {
                _samples = [];
                Note();
            }
        }

        private void Note()
        {
            if (_samples.Count == 0)
                _engine._held.Remove(_purpose);
            else
                _engine._held[_purpose] = string.Join(',', _samples);
        }
    }

    private static string Word(Verdict verdict) => verdict == Verdict.Unreadable ? "hm" : $"{verdict}";
}

/// <summary>The replies to successive requests; the last one is repeated.</summary>
internal sealed class Script<T>
{
    private readonly List<T> _replies = [];

    /// <summary>How many replies were taken.</summary>
    public int Said { get; private set; }

    public Script<T> Say(T reply)
    {
        _replies.Add(reply);
        return this;
    }

    public T Next() => _replies[Math.Min(Said++, _replies.Count - 1)];
}

internal static class Scripts
{
    public static Script<Verdict[]> Say(this Script<Verdict[]> script, params Verdict[] votes) => script.Say(votes);

    public static void Say(this Script<string?> script, params string?[] refinements)
    {
        foreach (var refinement in refinements)
            script.Say(refinement);
    }
}
