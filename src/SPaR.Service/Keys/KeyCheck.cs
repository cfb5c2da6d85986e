using Microsoft.Extensions.Options;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Says of a key, or of a login, whom it lets in and why not.</summary>
/// <remarks>Failures are counted for an address together with the id it shows, and for the address as a whole. A wrong secret is held up
/// by either count, a right one by the first only: whoever shares an address with somebody who guesses is let in, unless the guesses
/// are at the very same key.</remarks>
internal sealed class KeyCheck(KeyStore store, LoginThrottle gate, TimeProvider time, IOptions<KeysOptions> options)
{
    /// <param name="address">Of whoever asks.</param>
    public async Task<KeyVerdict> OfKeyAsync(string text, string address, CancellationToken cancellationToken)
    {
        if (KeyText.Read(text) is not { } shown)
            return Refuse(KeyProblems.Unknown, address);
        var pair = $"{address} {shown.Digits}";
        if (gate.WaitOf(pair) is var wait && wait > TimeSpan.Zero)
            return new(KeyProblems.TooManyFailures(wait));
        var key = await store.FindAsync(shown.Digits, cancellationToken);
        if (!shown.Matches(key?.Hash))
            return Refuse(KeyProblems.Unknown, address, pair);
        if (Ended(key!) is { } ended)
            return Refuse(ended, pair);
        gate.Succeeded(pair);
        await store.NoteUseAsync(key!, cancellationToken);
        return new(KeyGrant.Of(key!, options.Value), key!);
    }

    /// <param name="text">Of the cookie. What it holds was drawn here and cannot be guessed, and an old one is nobody's fault: failures
    /// are not counted.</param>
    public async Task<(KeyVerdict Verdict, KeySession? Session)> OfSessionAsync(string text, CancellationToken cancellationToken)
    {
        if (KeyText.Read(text) is not { } shown || await store.FindSessionAsync(shown.Digits, cancellationToken) is not { } found
            || !shown.Matches(found.Session.Hash))
            return (new(KeyProblems.SessionOver), null);
        if (Ended(found.Key) is { } ended)
            return (new(ended), null);
        await store.NoteUseAsync(found.Key, cancellationToken);
        return (new(KeyGrant.Of(found.Key, options.Value), found.Key), found.Session);
    }

    private Problem? Ended(ApiKey key) =>
        key.RevokedAt is not null ? KeyProblems.Revoked(key)
        : key.IsLive(time.GetUtcNow()) ? null
        : KeyProblems.Expired(key);

    /// <summary>Counts a failure for each; where one of them has to wait, that is the answer.</summary>
    private KeyVerdict Refuse(Problem problem, params string[] counted)
    {
        var wait = counted.Max(gate.WaitOf);
        if (wait > TimeSpan.Zero)
            return new(KeyProblems.TooManyFailures(wait));
        foreach (var who in counted)
            gate.Failed(who);
        return new(problem);
    }
}

/// <summary>Either a grant, with the key it comes from, or a problem.</summary>
internal sealed record KeyVerdict
{
    public KeyVerdict(KeyGrant grant, ApiKey key) => (Grant, Key) = (grant, key);

    public KeyVerdict(Problem problem) => Problem = problem;

    public KeyGrant? Grant { get; }

    public ApiKey? Key { get; }

    public Problem? Problem { get; }
}
