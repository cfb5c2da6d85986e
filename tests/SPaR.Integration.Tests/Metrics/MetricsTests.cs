using System.Diagnostics.Metrics;
using System.Text;
using SPaR.Host.Metrics;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Metrics;

public sealed class MetricsTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task The_service_shows_what_waits_what_runs_and_what_it_was_asked()
    {
        var set = (await shared.Service.PostAsync("/v1/instruction-sets?name=a", """{"prompt":"b"}""", "application/x-ndjson"))
            .ShouldBe(201).Id;
        (await shared.Service.PostAsync("/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{shared.Model}}"}""")).ShouldBe(201);

        var page = (await shared.Service.GetAsync("/metrics")).ShouldBe(200);

        page.Type.ShouldBe("text/plain");
        page.Saying("# TYPE spar_runs gauge\n").Saying("spar_runs{status=\"failed\"} ").Saying("spar_run_items{state=\"waiting\"} ")
            .Saying("spar_failed_jobs ").Saying("# TYPE http_server_request_duration_seconds histogram\n")
            .Saying("http_route=\"/v1/instruction-sets");
        foreach (var line in page.Text.Split('\n').Where(l => l.Length > 0))
            line.ShouldMatch("^(# (HELP|TYPE) [a-z_0-9]+ .+|[a-z_0-9]+(\\{.+\\})? [-+0-9.eEInfNa]+)$");
    }

    [Fact]
    public void Counters_add_up_by_label_and_gauges_replace()
    {
        using var meter = new Meter("SPaR.Tests.Sums");
        using var book = new MeterBook(name => name == meter.Name);
        var counter = meter.CreateCounter<long>("spar.test.words", null, "Words\nread.");
        counter.Add(2, new KeyValuePair<string, object?>("model", "a\"b\\c\n"));
        counter.Add(3, new KeyValuePair<string, object?>("model", "a\"b\\c\n"));
        counter.Add(1);
        var sum = meter.CreateUpDownCounter<int>("spar.test.open");
        sum.Add(3);
        sum.Add(-1);
        meter.CreateGauge<double>("spar.test.level", "By").Record(1.5);
        meter.CreateObservableCounter("spar.test.seen", () => 7L);

        TextOf(book).ShouldBe(
            """
            # HELP spar_test_level_bytes spar.test.level
            # TYPE spar_test_level_bytes gauge
            spar_test_level_bytes 1.5
            # HELP spar_test_open spar.test.open
            # TYPE spar_test_open gauge
            spar_test_open 2
            # HELP spar_test_seen_total spar.test.seen
            # TYPE spar_test_seen_total counter
            spar_test_seen_total 7
            # HELP spar_test_words_total Words\nread.
            # TYPE spar_test_words_total counter
            spar_test_words_total{model="a\"b\\c\n"} 5
            spar_test_words_total 1

            """);
        TextOf(book).ShouldContain("spar_test_seen_total 7\n", Case.Sensitive, "asked again it is not added again");
    }

    [Fact]
    public void A_histograms_buckets_hold_what_is_at_most_their_bound()
    {
        using var meter = new Meter("SPaR.Tests.Histogram");
        using var book = new MeterBook(name => name == meter.Name);
        var histogram = meter.CreateHistogram("took", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        foreach (var value in (double[])[0.5, 1, 1.5, 2, 9])
            histogram.Record(value);

        TextOf(book).ShouldContain(
            """
            took_seconds_bucket{le="1"} 2
            took_seconds_bucket{le="2"} 4
            took_seconds_bucket{le="+Inf"} 5
            took_seconds_sum 14
            took_seconds_count 5

            """);
    }

    [Fact]
    public void A_label_that_grows_without_end_takes_bounded_memory()
    {
        using var meter = new Meter("SPaR.Tests.Growing");
        using var book = new MeterBook(name => name == meter.Name);
        var counter = meter.CreateCounter<int>("growing");
        for (var i = 0; i < MeterBook.MostSeries + 500; i++)
            counter.Add(1, new KeyValuePair<string, object?>("user", i));

        TextOf(book).Split('\n').Count(l => l.StartsWith("growing", StringComparison.Ordinal)).ShouldBe(MeterBook.MostSeries);
    }

    [Fact]
    public void Meters_of_others_are_left_alone()
    {
        using var meter = new Meter("Somebody.Else");
        using var book = new MeterBook(Host.Telemetry.IsOurs);
        meter.CreateCounter<int>("private").Add(1);

        TextOf(book).ShouldNotContain("private");
    }

    private static string TextOf(MeterBook book)
    {
        var text = new StringBuilder();
        book.Write(text);
        return text.ToString();
    }
}
