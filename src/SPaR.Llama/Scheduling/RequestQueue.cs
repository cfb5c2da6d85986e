namespace SPaR.Llama.Scheduling;

/// <summary>Requests with sequences to start, and which is next.</summary>
internal sealed class RequestQueue
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

    /// <summary>Puts a preempted sequence back; its request keeps its place in the order of arrival.</summary>
    public void Return(Sequence sequence)
    {
        var waiting = sequence.Request.Waiting;
        var at = waiting.FindIndex(s => s.Index > sequence.Index);
        waiting.Insert(at < 0 ? waiting.Count : at, sequence);
        if (!_requests.Contains(sequence.Request))
            _requests.Add(sequence.Request);
    }

    /// <summary>Removes the first sequences of a request: they have started.</summary>
    public void Started(Request request, int count)
    {
        request.Waiting.RemoveRange(0, count);
        if (request.Waiting.Count == 0)
            _requests.Remove(request);
    }

    public void Remove(Request request) => _requests.Remove(request);

    /// <summary>Express requests first; then the run with the fewest running sequences; within a run the lowest ordinal; then the first
    /// to arrive.</summary>
    /// <param name="running">The number of running sequences of a run.</param>
    public Request? Next(Func<string, int> running, IReadOnlySet<Request> skipped)
    {
        Request? best = null;
        (bool, int, long, long) lowest = default;
        foreach (var request in _requests)
        {
            if (skipped.Contains(request))
                continue;
            var rank = (!request.Priority.Express, running(request.Priority.Run), request.Priority.Ordinal, request.Arrival);
            if (best is null || rank.CompareTo(lowest) < 0)
                (best, lowest) = (request, rank);
        }
        return best;
    }
}
