using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using SPaR.Method;
using SPaR.Method.Items;
using static SPaR.Tests.Items;

namespace SPaR.Tests;

/// <summary>The spans of one instruction, with the names of OpenTelemetry's conventions for generative AI.</summary>
public sealed class TraceTests
{
    private const string Result = "gen_ai.evaluation.result";

    [Fact]
    public async Task The_spans_of_an_instruction_are_a_tree()
    {
        using var recorded = new RecordedSpans();
        await RefineAsync();

        recorded.Tree().ShouldBe(
            """
            instruction
              sample
                chat scripted.gguf
              judge a0
                chat scripted.gguf
              refine a0
                expand r
                  chat scripted.gguf
                judge r.0
                  chat scripted.gguf
              pair
            """);
        var root = recorded.Spans.Single(s => s.OperationName == "instruction");
        (root.GetTagItem("spar.run.id"), root.GetTagItem("spar.round"), root.GetTagItem("spar.item.state"))
            .ShouldBe(("alone", 0, "paired"));
        root.GetTagItem("spar.instruction.id").ShouldBeOfType<string>().Length.ShouldBe(64);
        recorded.Spans.ShouldAllBe(s => s.Status == ActivityStatusCode.Unset);
    }

    [Fact]
    public async Task A_generation_has_the_conventional_attributes_and_no_text()
    {
        using var recorded = new RecordedSpans();
        await RefineAsync();

        var votes = recorded.Spans.Single(s => s.GetTagItem("spar.purpose") as string == "judge a0");
        votes.Kind.ShouldBe(ActivityKind.Client);
        votes.TagObjects.ToDictionary(t => t.Key, t => t.Value).ShouldContainKeyAndValue("gen_ai.operation.name", "chat");
        votes.GetTagItem("gen_ai.provider.name").ShouldBe("spar");
        votes.GetTagItem("gen_ai.request.model").ShouldBe("scripted.gguf");
        votes.GetTagItem("gen_ai.request.choice.count").ShouldBe(3);
        foreach (var number in (string[])["temperature", "top_p", "max_tokens", "seed"])
            votes.GetTagItem($"gen_ai.request.{number}").ShouldNotBeNull(number);
        votes.GetTagItem("gen_ai.usage.input_tokens").ShouldBeOfType<long>();
        votes.GetTagItem("gen_ai.usage.output_tokens").ShouldBeOfType<long>().ShouldBePositive();
        votes.GetTagItem("gen_ai.response.finish_reasons").ShouldBe((string[])["stop", "stop", "stop"]);
        recorded.Spans.SelectMany(s => s.TagObjects).ShouldAllBe(t => !$"{t.Value}".Contains("colour", StringComparison.Ordinal));
        recorded.Spans.SelectMany(s => s.Events).SelectMany(e => e.Tags).ShouldAllBe(t => t.Key != "gen_ai.evaluation.explanation");
    }

    [Fact]
    public async Task Judgements_are_evaluation_results()
    {
        using var recorded = new RecordedSpans();
        await RefineAsync();

        recorded.Spans.Where(s => s.OperationName == "judge").SelectMany(s => s.Events).Where(e => e.Name == Result)
            .Select(e => e.Tags.ToDictionary(t => t.Key, t => t.Value))
            .Select(t => (t["gen_ai.evaluation.name"], t["spar.subject"], t["gen_ai.evaluation.score.label"],
                t["gen_ai.evaluation.score.value"]))
            .ShouldBe([("judge", "a0", "bad", 0.0), ("judge", "r.0", "good", 1.0)]);
    }

    [Fact]
    public async Task Verifier_verdicts_are_evaluation_results_too()
    {
        using var recorded = new RecordedSpans();
        await RefineAsync(item => item with { Verifier = new FullStop() });

        recorded.Spans.Where(s => s.OperationName is "sample" or "expand").SelectMany(s => s.Events).Where(e => e.Name == Result)
            .Select(e => e.Tags.ToDictionary(t => t.Key, t => t.Value))
            .Select(t => (t["gen_ai.evaluation.name"], t["spar.subject"], t["gen_ai.evaluation.score.label"],
                t["gen_ai.evaluation.score.value"]))
            .ShouldBe([("constraints", "a0", "fail", 0.0), ("constraints", "r.0", "pass", 1.0)]);
    }

    [Fact]
    public async Task Tokens_and_seconds_are_measured_under_the_conventional_names()
    {
        var measured = new ConcurrentBag<(string Instrument, string? Type)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == GenerationTrace.Name)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, tags));
        listener.Start();
        await RefineAsync();

        measured.Distinct().Order().ShouldBe(
        [
            ("gen_ai.client.operation.duration", null), ("gen_ai.client.token.usage", "input"), ("gen_ai.client.token.usage", "output"),
        ]);

        void Add(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray().ToDictionary(t => t.Key, t => t.Value);
            all["gen_ai.operation.name"].ShouldBe("chat");
            measured.Add((instrument.Name, all.GetValueOrDefault("gen_ai.token.type") as string));
        }
    }

    [Fact]
    public async Task A_failure_is_the_status_of_its_spans()
    {
        using var recorded = new RecordedSpans();
        var model = new ScriptedEngine { Reply = _ => throw new IOException("gone") };
        await Should.ThrowAsync<IOException>(() => SelfPlay.RunAsync(
            ItemRun.Alone("one", new RunModels(model), new MemoryJournal(), Plain), CancellationToken.None));

        foreach (var name in (string[])["instruction", "chat scripted.gguf"])
        {
            var span = recorded.Spans.Single(s => s.OperationName == name);
            (span.Status, span.GetTagItem("error.type")).ShouldBe((ActivityStatusCode.Error, typeof(IOException).FullName));
        }
    }

    [Fact]
    public async Task A_run_links_the_request_and_a_person_who_waits_gets_the_same_trace()
    {
        using var recorded = new RecordedSpans();
        var origin = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        await RefineAsync(item => item with { Origin = origin });
        await RefineAsync(item => item with { Origin = origin, Express = true });

        var linked = recorded.Spans.Single(s => s.OperationName == "instruction");
        (linked.TraceId == origin.TraceId, linked.Links.Single().Context).ShouldBe((false, origin));
        var waited = recorded.Of(origin.TraceId).Single(s => s.OperationName == "instruction");
        (waited.ParentSpanId, waited.Links.Count()).ShouldBe((origin.SpanId, 0));
    }

    private static async Task RefineAsync(Func<ItemRun, ItemRun>? change = null)
    {
        var model = new ScriptedEngine();
        model.WhenSampling("blue");
        model.WhenRefining("blue").Say("Blue.");
        model.JudgeBy((answer, _) => answer.EndsWith('.') ? Yes : No);
        var recipe = Small(new() { Branch = 1 });
        var item = ItemRun.Alone("Name a colour, with a full stop.", new RunModels(model), new MemoryJournal(), recipe);
        await SelfPlay.RunAsync(change?.Invoke(item) ?? item, CancellationToken.None);
    }

    private sealed class FullStop : IVerifier
    {
        public Verification Check(string answer) => new([new("full-stop", answer.EndsWith('.'), answer.EndsWith('.'))]);

        public string Critique(string answer) => "There is no full stop.";
    }

    /// <summary>The spans below one of its own; other tests make spans at the same time.</summary>
    private sealed class RecordedSpans : IDisposable
    {
        private readonly ActivitySource _source = new("SPaR.Tests.Trace");
        private readonly List<Activity> _ended = [];
        private readonly ActivityListener _listener;
        private readonly Activity _root;

        public RecordedSpans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name.StartsWith("SPaR.", StringComparison.Ordinal),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span =>
                {
                    lock (_ended)
                        _ended.Add(span);
                },
            };
            ActivitySource.AddActivityListener(_listener);
            _root = _source.StartActivity("test")!;
        }

        public IReadOnlyList<Activity> Spans => Of(_root.TraceId);

        public IReadOnlyList<Activity> Of(ActivityTraceId trace)
        {
            lock (_ended)
                return [.. _ended.Where(s => s.TraceId == trace).OrderBy(s => s.StartTimeUtc)];
        }

        public string Tree() => string.Join('\n', Below(_root.SpanId, ""));

        public void Dispose()
        {
            _root.Dispose();
            _listener.Dispose();
            _source.Dispose();
        }

        private IEnumerable<string> Below(ActivitySpanId parent, string indent) => Spans.Where(s => s.ParentSpanId == parent)
            .SelectMany(s => (string[])
                [$"{indent}{s.DisplayName} {s.GetTagItem("spar.subject")}".TrimEnd(), .. Below(s.SpanId, indent + "  ")]);
    }
}
