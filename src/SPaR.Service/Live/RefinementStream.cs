using System.Runtime.CompilerServices;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.RunResults;

namespace SPaR.Service.Live;

/// <summary>A refinement as events: the answers and nodes of its tree as they come, each again when it is judged.</summary>
internal sealed class RefinementStream(LiveRequest refinement, LiveAnswer answer)
{
    private readonly List<LiveContent> _contents = [];
    private readonly List<Answer> _answers = [];
    private readonly List<Judgement> _judgements = [];

    /// <summary>Waits for the first output: what fails before it is answered as a problem.</summary>
    public static async Task<IResult> OpenAsync(
        LiveRequest refinement, LiveAnswer answer, string type, CancellationToken cancellationToken)
    {
        try
        {
            var first = await answer.NextAsync(cancellationToken);
            if (first is not null || LiveFailures.Of(answer.End!) is not { } failure)
                return new EventStream(new RefinementStream(refinement, answer).EventsAsync(first, cancellationToken), type);
            await answer.DisposeAsync();
            return new ProblemResult(failure);
        }
        catch
        {
            await answer.DisposeAsync();
            throw;
        }
    }

    private async IAsyncEnumerable<StreamedEvent> EventsAsync(
        LiveContent? first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var owned = answer;
        yield return new("started", new { refinement.Id });
        for (var content = first; content is not null; content = await answer.NextAsync(cancellationToken))
            foreach (var one in Of(content))
                yield return one;
        yield return LiveFailures.Of(answer.End!) is { } failure
            ? new("error", failure)
            : new("end", RefinementView.Of(answer.End!, _contents));
    }

    private IEnumerable<StreamedEvent> Of(LiveContent content)
    {
        _contents.Add(content);
        if (content.Loads)
            yield return new("loading", new { refinement.Id });
        if (content.Rows is not { } rows)
            yield break;
        _answers.AddRange(rows.Answers);
        _judgements.AddRange(rows.Judgements);
        var changed = rows.Answers.Select(Subject).Concat(rows.Judgements.Select(j => j.Subject)).ToHashSet();
        foreach (var one in _answers.Where(a => changed.Contains(Subject(a))))
            yield return new("answer", AnswerView.Of(one, _judgements.Where(j => j.Subject == Subject(one))));
        foreach (var node in rows.Nodes)
            yield return new("node", NodeView.Of(node, _judgements.Where(j => j.Subject == node.Path), chosen: false));
    }

    private static string Subject(Answer answer) => $"a{answer.Index}";
}
