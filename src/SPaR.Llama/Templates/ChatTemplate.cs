using System.Collections.Immutable;
using System.Text;
using SPaR.Llama.Binding;

namespace SPaR.Llama.Templates;

/// <summary>Turns a conversation into tokens. Finds control tokens only in what the template itself writes, so no text of a user or a model
/// becomes one. Literal text next to a turn's content is tokenised together with it, as a word and the space before it may be one token.
/// Thread-safe.</summary>
internal sealed class ChatTemplate
{
    private static readonly char[] White = [' ', '\t', '\n', '\v', '\f', '\r'];

    private readonly string _name;
    private readonly Vocabulary _vocabulary;
    private readonly Skeletons _skeletons;
    private readonly ReasoningFormat? _reasoning;
    private readonly ImmutableArray<string> _guarded;
    private readonly ImmutableArray<int> _end;

    public ChatTemplate(string name, Vocabulary vocabulary)
    {
        (_name, _vocabulary, _reasoning) = (name, vocabulary, ChatTemplates.ReasoningOf(name));
        _skeletons = new(ChatTemplates.Of(name));
        var probe = _skeletons.Of([Role.System, Role.User, Role.Assistant, Role.User]);
        string[] literals = [.. probe.Literals, _reasoning?.Open ?? "", _reasoning?.Close ?? ""];
        // The tokeniser also finds user-defined tokens in plain text. Those that act as control tokens must not be found there.
        _guarded = [.. vocabulary.Control
            .Where(t => (t.Attributes & TokenAttributes.Control) == 0)
            .Where(t => vocabulary.EndsGeneration[t.Id] || literals.Any(l => l.Contains(t.Text, StringComparison.Ordinal)))
            .Select(t => t.Text)
            .Where(t => t.Length > 1 && t.Any(c => !char.IsWhiteSpace(c)))];
        _end = EndIn(probe.Literals[^2]);
    }

    /// <summary>The token that ends an assistant turn; null if the template ends it without a control token.</summary>
    public int? EndOfTurn => _end is [.., var end] ? end : null;

    /// <summary>The conversation's tokens, including the opening of the assistant's answer. An assistant turn that has tokens keeps them:
    /// the tokens before it are those of the prompt that it answered.</summary>
    /// <exception cref="ArgumentException">The conversation does not end with a user turn.</exception>
    public int[] Encode(Conversation conversation)
    {
        var tokens = new List<int>();
        Append(conversation.Turns.AsSpan(), Opening(conversation.Thinks), tokens);
        if (_vocabulary.BeginOfSequence is { } begin && (tokens.Count == 0 || tokens[0] != begin))
            tokens.Insert(0, begin);
        return [.. tokens];
    }

    /// <summary>The tokens of an answer after those of its prompt, and of the end of its turn. Text that the template writes between prompt
    /// and answer belongs to the answer, as a model generates it too.</summary>
    /// <exception cref="ArgumentException">The prompt does not end with a user turn, or nothing ends the answer.</exception>
    public EncodedAnswer EncodeAnswer(Conversation prompt, string answer)
    {
        var (skeleton, lead) = SkeletonAndLead(prompt);
        if (_end.IsEmpty)
            throw new ArgumentException(
                $"The chat template '{_name}' does not end an assistant turn with a control token, so a model cannot learn where to stop. "
                + "Register the model with another template; /v1/templates lists them.");
        return new(Content(lead, skeleton.Trims[^1] ? Trimmed(answer, lead) : answer), _end);
    }

    /// <summary>The tokens of an unfinished answer after those of its prompt, as generated: white space at its ends is kept, and the marks
    /// of reasoning before the answer are tokens.</summary>
    /// <exception cref="ArgumentException">The prompt does not end with a user turn.</exception>
    public ImmutableArray<int> EncodePartial(Conversation prompt, string partial)
    {
        if (partial.Length == 0)
            return [];
        var lead = SkeletonAndLead(prompt).Lead;
        if (!prompt.Thinks || _reasoning is not { } marks)
            return Content(lead, partial);
        var (_, before, answer) = marks.Split(partial, marks.IsOpened);
        var content = new List<int>();
        var writer = new TokenWriter(this, content);
        var from = 0;
        foreach (var (at, mark) in marks.In(before))
        {
            writer.Content(before[from..at]);
            writer.Literal(mark);
            from = at + mark.Length;
        }
        writer.Content(before[from..] + answer);
        writer.End(default);
        return [.. content];
    }

    /// <returns>The skeleton of the prompt with its answer, and what the template writes between the two.</returns>
    private (Skeleton Skeleton, string Lead) SkeletonAndLead(Conversation prompt)
    {
        if (prompt.Turns is not [.., { Role: Role.User }])
            throw new ArgumentException("The prompt must end with a user turn, for an answer to follow it.");
        Role[] roles = [.. prompt.Turns.Select(t => t.Role)];
        var opening = _skeletons.Of(roles).Literals[^1];
        var skeleton = _skeletons.Of([.. roles, Role.Assistant]);
        var written = skeleton.Literals[^2];
        var lead = written.StartsWith(opening, StringComparison.Ordinal) ? written[opening.Length..] : "";
        // The tokeniser adds this space itself.
        return (skeleton, _vocabulary.PrefixesSpace && lead.EndsWith(' ') ? lead[..^1] : lead);
    }

    private ImmutableArray<int> Content(string lead, string answer)
    {
        var content = new List<int>();
        var writer = new TokenWriter(this, content);
        // Generated text starts with it already.
        if (lead.Length > 0 && !answer.StartsWith(lead, StringComparison.Ordinal))
            writer.Literal(lead);
        writer.Content(answer);
        writer.End(default);
        return [.. content];
    }

    private static string Trimmed(string answer, string lead) =>
        lead.Length > 0 && answer.StartsWith(lead, StringComparison.Ordinal) ? lead + answer.Trim(White) : answer.Trim(White);

    /// <param name="literal">Between an assistant turn and the next user turn. Where turns have no end of their own, as in GLM-4, it is the
    /// mark of the next turn: that is where its models stop.</param>
    private ImmutableArray<int> EndIn(string literal)
    {
        for (var i = 0; i < literal.Length; i++)
            if (ControlAt(literal, i) is { } control)
                return [.. _vocabulary.Tokenize(literal[..i]), control.Id];
        return [];
    }

    private ControlToken? ControlAt(string literal, int at)
    {
        foreach (var control in _vocabulary.Control)
            if (literal.AsSpan(at).StartsWith(control.Text, StringComparison.Ordinal))
                return control;
        return null;
    }

    /// <summary>What the template writes where an answer starts, after the opening of its turn. A model that must not think finds its
    /// reasoning ended already, as Qwen3's own template has it.</summary>
    private string Opening(bool thinks) => _reasoning switch
    {
        null => "",
        _ when !thinks => $"{_reasoning.Open}\n\n{_reasoning.Close}\n\n",
        _ => _reasoning.IsOpened ? $"{_reasoning.Open}\n" : "",
    };

    /// <param name="opening">Written before each generated turn, too: its tokens follow those of the prompt that it answered.</param>
    private void Append(ReadOnlySpan<Turn> turns, string opening, List<int> tokens)
    {
        if (turns.IsEmpty || turns[^1].Role != Role.User)
            throw new ArgumentException("A conversation must end with a user turn, and a user turn must precede each generated one.");
        var roles = new Role[turns.Length];
        for (var i = 0; i < turns.Length; i++)
            roles[i] = turns[i].Role;
        var skeleton = _skeletons.Of(roles);
        var next = LastGenerated(turns) + 1;
        if (next > 0)
        {
            Append(turns[..(next - 1)], opening, tokens);
            tokens.AddRange(turns[next - 1].Tokens!.Value);
        }
        var writer = new TokenWriter(this, tokens);
        for (; next < turns.Length; next++)
        {
            writer.Literal(skeleton.Literals[next]);
            // Templates leave the reasoning out of earlier turns.
            var content = turns[next].Role == Role.Assistant && _reasoning is { } reasoning
                ? reasoning.AnswerOf(turns[next].Content)
                : turns[next].Content;
            writer.Content(skeleton.Trims[next] ? content.Trim(White) : content);
        }
        writer.Literal(skeleton.Literals[^1] + opening);
        writer.End(default);
    }

    private static int LastGenerated(ReadOnlySpan<Turn> turns)
    {
        for (var i = turns.Length - 1; i >= 0; i--)
            if (turns[i] is { Role: Role.Assistant, Tokens: not null })
                return i;
        return -1;
    }

    /// <summary>Collects plain text up to the next control token, so that it is tokenised as a whole.</summary>
    private sealed class TokenWriter(ChatTemplate template, List<int> tokens)
    {
        private readonly StringBuilder _text = new();
        private TokenAttributes _before;

        public void Content(string content) => _text.Append(content);

        public void Literal(string literal)
        {
            var from = 0;
            for (var i = 0; i < literal.Length;)
            {
                if (template.ControlAt(literal, i) is not { } control)
                {
                    i++;
                    continue;
                }
                Written(literal[from..i]);
                End(control.Attributes);
                tokens.Add(control.Id);
                i = from = i + control.Text.Length;
            }
            Written(literal[from..]);
        }

        /// <summary>The tokeniser of some models puts a space before every text, also before one that starts with the template's own space.
        /// They were trained with one space there.</summary>
        private void Written(string literal) =>
            _text.Append(_text.Length == 0 && template._vocabulary.PrefixesSpace && literal.StartsWith(' ') ? literal[1..] : literal);

        /// <param name="next">Attributes of the control token that follows: some strip the white space next to them.</param>
        public void End(TokenAttributes next)
        {
            var text = _text.ToString();
            _text.Clear();
            if (_before.HasFlag(TokenAttributes.StripsRight))
                text = text.TrimStart(White);
            if (next.HasFlag(TokenAttributes.StripsLeft))
                text = text.TrimEnd(White);
            _before = next;
            for (var cut = GuardedAt(text); cut >= 0; cut = GuardedAt(text))
            {
                tokens.AddRange(template._vocabulary.Tokenize(text[..(cut + 1)]));
                text = text[(cut + 1)..];
            }
            tokens.AddRange(template._vocabulary.Tokenize(text));
        }

        private int GuardedAt(string text)
        {
            var first = -1;
            foreach (var guarded in template._guarded)
                if (text.IndexOf(guarded, StringComparison.Ordinal) is >= 0 and var at && (first < 0 || at < first))
                    first = at;
            return first;
        }
    }
}
