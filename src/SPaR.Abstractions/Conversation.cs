using System.Collections.Immutable;

namespace SPaR.Abstractions;

public enum Role
{
    System,
    User,
    Assistant,
}

/// <summary>One turn. A generated turn has the token ids that it was generated with (without the end-of-turn token). A turn given as text
/// has none; it is tokenised as plain text, never as control tokens.</summary>
public sealed record Turn(Role Role, string Content, ImmutableArray<int>? Tokens = null);

/// <summary>The turns of a conversation, in order. Continuing a conversation never changes the tokens of its earlier turns, so a longer
/// conversation extends a shorter one token for token.</summary>
public sealed record Conversation(ImmutableArray<Turn> Turns)
{
    public static Conversation Empty { get; } = new([]);

    /// <summary>Whether a model that can think does so before it answers. If not, its prompts end with an empty reasoning.</summary>
    public bool Thinks { get; init; }

    public Conversation System(string content) => Add(new(Role.System, content));

    public Conversation User(string content) => Add(new(Role.User, content));

    public Conversation Assistant(string content, ImmutableArray<int>? tokens = null) => Add(new(Role.Assistant, content, tokens));

    public Conversation Add(Turn turn) => this with { Turns = Turns.Add(turn) };
}
