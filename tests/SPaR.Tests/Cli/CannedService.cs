using System.Net;
using System.Text;
using SPaR.Client;

namespace SPaR.Tests.Cli;

/// <summary>A service with scripted responses that records its requests.</summary>
internal sealed class CannedService : HttpMessageHandler
{
    private readonly Dictionary<string, Queue<(HttpStatusCode Status, string Type, string Body, string? Tag)>> _answers = [];

    /// <summary>The requests as "METHOD path", with their bodies.</summary>
    public List<(string Request, string Body)> Asked { get; } = [];

    /// <summary>The headers of all requests.</summary>
    public List<(string Name, string Value)> Headers { get; } = [];

    /// <summary>Called with every request before the response.</summary>
    public Action<string>? Answering { get; set; }

    public SparClient Client => new(new HttpClient(this) { BaseAddress = new("http://127.0.0.1:1234") });

    /// <summary>Scripts a response; the last one to a request repeats.</summary>
    /// <param name="tag">Its ETag.</param>
    public CannedService On(
        string request, string body, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json", string? tag = null)
    {
        if (!_answers.TryGetValue(request, out var queue))
            _answers[request] = queue = new();
        queue.Enqueue((status, type, body, tag));
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var name = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        Asked.Add((name, request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken)));
        Headers.AddRange(request.Headers.SelectMany(header => header.Value, (header, value) => (header.Key, value)));
        Answering?.Invoke(name);
        cancellationToken.ThrowIfCancellationRequested();
        var queue = _answers.GetValueOrDefault(name) ?? throw new InvalidOperationException($"No response is scripted for {name}.");
        var (status, type, body, tag) = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        var answer = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, type), RequestMessage = request };
        if (tag is not null)
            answer.Headers.ETag = new(tag);
        return answer;
    }
}
