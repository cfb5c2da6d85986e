using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Checks a key or a login: returns what it may do, or why it is refused.</summary>
/// <remarks>Failures are counted per address and key id, and per address. A wrong secret is throttled by either count, a right one by the
/// first only. So a client that shares its address with a guesser gets in, unless the guesses are for the same key.</remarks>
internal sealed class KeyCheck(KeyStore store, LoginThrottle throttle, TimeProvider time, IOptions<KeysOptions> options)
{
    public async Task<KeyVerdict> OfKeyAsync(string text, string address, CancellationToken cancellationToken)
    {
        if (KeyText.Read(text) is not { } shown)
            return Refuse(KeyProblems.Unknown, address);
        var pair = $"{address} {shown.Digits}";
        if (throttle.WaitOf(pair) is var wait && wait > TimeSpan.Zero)
            return new(KeyProblems.TooManyFailures(wait));
        var key = await store.FindAsync(shown.Digits, cancellationToken);
        if (!shown.Matches(key?.Hash))
            return Refuse(KeyProblems.Unknown, address, pair);
        if (FaultOf(key!) is { } ended)
            return Refuse(ended, pair);
        throttle.Succeeded(pair);
        await store.RecordUseAsync(key!, cancellationToken);
        return new(KeyGrant.Of(key!, options.Value), key!);
    }

    /// <summary>Failures are not counted: the cookie's secret cannot be guessed, and an old cookie is no attack.</summary>
    /// <param name="text">The cookie's value.</param>
    public async Task<(KeyVerdict Verdict, KeySession? Session)> OfSessionAsync(string text, CancellationToken cancellationToken)
    {
        if (KeyText.Read(text) is not { } shown || await store.FindSessionAsync(shown.Digits, cancellationToken) is not { } found
            || !shown.Matches(found.Session.Hash))
            return (new(KeyProblems.SessionOver), null);
        if (FaultOf(found.Key) is { } ended)
            return (new(ended), null);
        await store.RecordUseAsync(found.Key, cancellationToken);
        return (new(KeyGrant.Of(found.Key, options.Value), found.Key), found.Session);
    }

    private Problem? FaultOf(ApiKey key) =>
        key.RevokedAt is not null ? KeyProblems.Revoked(key)
        : key.IsLive(time.GetUtcNow()) ? null
        : KeyProblems.Expired(key);

    /// <summary>Counts a failure for each; if one of them has to wait, that is the problem instead.</summary>
    private KeyVerdict Refuse(Problem problem, params string[] counted)
    {
        var wait = counted.Max(throttle.WaitOf);
        if (wait > TimeSpan.Zero)
            return new(KeyProblems.TooManyFailures(wait));
        foreach (var who in counted)
            throttle.Failed(who);
        return new(problem);
    }
}

/// <summary>A grant with its key, or a problem.</summary>
internal sealed record KeyVerdict
{
    public KeyVerdict(KeyGrant grant, ApiKey key) => (Grant, Key) = (grant, key);

    public KeyVerdict(Problem problem) => Problem = problem;

    public KeyGrant? Grant { get; }

    public ApiKey? Key { get; }

    public Problem? Problem { get; }
}
