namespace SPaR.Llama.Scheduling;

/// <summary>Requests that have sequences to start, and who is next.</summary>
internal sealed class WaitingLine
{
    private readonly List<Request> _requests = [];
    private long _arrivals;

    public int Count => _requests.Count;

    public IReadOnlyList<Request> Requests => _requests;

    public void Add(Request request)
    {
        request.Arrival = _arrivals++;
        _requests.Add(request);
    }

    /// <summary>Takes a stopped sequence back; its request keeps its place in the order of arrival.</summary>
    public void Return(Sequence sequence)
    {
        var waiting = sequence.Request.Waiting;
        var at = waiting.FindIndex(s => s.Index > sequence.Index);
        waiting.Insert(at < 0 ? waiting.Count : at, sequence);
        if (!_requests.Contains(sequence.Request))
            _requests.Add(sequence.Request);
    }

    /// <summary>The first sequences of a request have been started.</summary>
    public void Started(Request request, int count)
    {
        request.Waiting.RemoveRange(0, count);
        if (request.Waiting.Count == 0)
            _requests.Remove(request);
    }

    public void Remove(Request request) => _requests.Remove(request);

    /// <summary>Express before the others; then the run that has the fewest sequences going; in a run the lowest ordinal; then who came
    /// first.</summary>
    /// <param name="running">How many sequences of a run are going.</param>
    /// <param name="passed">Are left out.</param>
    public Request? Next(Func<string, int> running, IReadOnlySet<Request> passed)
    {
        Request? best = null;
        (bool, int, long, long) least = default;
        foreach (var request in _requests)
        {
            if (passed.Contains(request))
                continue;
            var place = (!request.Lane.Express, running(request.Lane.Run), request.Lane.Ordinal, request.Arrival);
            if (best is null || place.CompareTo(least) < 0)
                (best, least) = (request, place);
        }
        return best;
    }
}
