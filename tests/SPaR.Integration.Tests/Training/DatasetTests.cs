using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

public sealed class DatasetTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly HttpService _service = shared.Service;

    [Theory]
    [InlineData("trl", """{"prompt":[{"role":"user","content":"p"}],"chosen":[{"role":"assistant","content":"c"}],"""
        + """ "rejected":[{"role":"assistant","content":"r"}]}""")]
    [InlineData("trl-standard", """{"prompt":"p","chosen":"c","rejected":"r"}""")]
    [InlineData("llamafactory", """{"messages":[{"role":"user","content":"p"}],"chosen":{"role":"assistant","content":"c"},"""
        + """ "rejected":{"role":"assistant","content":"r"}}""")]
    [InlineData("openai", """{"input":{"messages":[{"role":"user","content":"p"}],"tools":[],"parallel_tool_calls":true},"""
        + """ "preferred_output":[{"role":"assistant","content":"c"}],"""
        + """ "non_preferred_output":[{"role":"assistant","content":"r"}]}""")]
    public async Task The_same_pair_has_the_same_hash_in_every_format(string format, string row)
    {
        var dataset = (await UploadAsync(format, row)).ShouldBe(201);

        dataset["count"].GetValue<int>().ShouldBe(1);
        dataset["sha256"].GetValue<string>()
            .ShouldBe((await UploadAsync("trl-standard", """{"prompt":"p","chosen":"c","rejected":"r"}"""))["sha256"].GetValue<string>());
    }

    [Theory]
    [InlineData("trl-standard", "", "body", "is empty")]
    [InlineData(
        "trl-standard",
        "{\"prompt\":\"p\",\"chosen\":\"c\",\"rejected\":\"r\"}\n{\"prompt\":\"p\",\"rejected\":\"r\"}",
        "line 2: chosen",
        "is missing")]
    [InlineData("trl-standard", """{"prompt":"p","chosen":" ","rejected":""}""", "line 1: chosen", "is empty")]
    [InlineData("trl-standard", """{"prompt":"p","chosen":"same","rejected":"same"}""", "line 1: rejected", "equal to chosen")]
    [InlineData(
        "trl",
        """{"prompt":[],"chosen":[],"rejected":[]}""",
        "line 1: prompt|line 1: chosen|line 1: rejected",
        "list of messages")]
    [InlineData("openai", """{"prompt":"p"}""", "line 1: input.messages|line 1: preferred_output|line 1: non_preferred_output", "missing")]
    [InlineData("sft", """{"messages":[{"role":"user","content":"p"}]}""", "line 1: messages", "must end with one of the assistant")]
    [InlineData(
        "sft",
        """{"messages":[{"role":"user","content":"p","weight":1},{"role":"assistant","content":"a","weight":2}]}""",
        "line 1: messages[0].weight|line 1: messages[1].weight",
        "leave it out")]
    [InlineData(
        "sft",
        """{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"a","weight":0}]}""",
        "line 1: messages",
        "nothing to learn")]
    [InlineData("sft", "not json", "line 1", "not valid JSON at byte")]
    public async Task A_bad_line_is_named_with_its_field(string format, string body, string fields, string message) =>
        (await UploadAsync(format, body)).ShouldBeProblem(422, "invalid-dataset", fields.Split('|')).Saying(message);

    [Fact]
    public async Task The_weight_1_says_nothing_and_0_makes_other_data()
    {
        const string plain = """{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"a"},"""
            + """{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}""";
        async Task<string> HashAsync(string weight) => (await UploadAsync(
            "sft", plain.Replace("\"a\"}", $"\"a\"{weight}}}", StringComparison.Ordinal))).ShouldBe(201)["sha256"].GetValue<string>();

        (await HashAsync(""","weight":1""")).ShouldBe(await HashAsync(""));
        (await HashAsync(""","weight":0""")).ShouldNotBe(await HashAsync(""));
    }

    [Fact]
    public async Task An_unknown_format_is_refused()
        => (await UploadAsync("csv", "a")).ShouldBeProblem(422, "unknown-format", "format").Saying("llamafactory");

    [Fact]
    public async Task The_answer_says_how_the_file_was_understood_and_the_rows_can_be_read()
    {
        var dataset = (await _service.PostAsync("/v1/datasets?name=csv&unknown=metadata&map=prompt=question&skip_invalid=true", """
            question,chosen,rejected,source
            p,c,r,x
            q,,r,y
            "a
            b",c,,z
            """, "text/csv")).ShouldBe(201);

        dataset["format"].GetValue<string>().ShouldBe("trl-standard");
        dataset["kind"].GetValue<string>().ShouldBe("preferences");
        dataset["upload"]!["file"]!.GetValue<string>().ShouldBe("csv");
        dataset["upload"]!["columns"]!.ToJsonString()
            .ShouldBe("""{"used":["prompt","chosen","rejected"],"ignored":[],"metadata":["source"]}""");
        dataset["upload"]!["skipped"]!.GetValue<int>().ShouldBe(1);
        var rows = (await _service.GetAsync($"/v1/datasets/{dataset.Id}/rows"))["data"].AsArray();
        rows.Select(row => row!["place"]!.GetValue<string>()).ShouldBe(["line 2", "line 4"]);
        rows[1]!["messages"]![0]!["content"]!.GetValue<string>().ShouldBe("a\nb");
        rows[0]!["metadata"]!["source"]!.GetValue<string>().ShouldBe("x");
        var skipped = (await _service.GetAsync($"/v1/datasets/{dataset.Id}/skipped"))["data"].AsArray().ShouldHaveSingleItem()!;
        skipped["place"]!.GetValue<string>().ShouldBe("line 3");
        skipped["errors"]![0]!["field"]!.GetValue<string>().ShouldBe("line 3: chosen");
        (await _service.GetAsync("/v1/datasets/ds_none/skipped")).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Every_fault_of_a_training_run_is_named_at_once() => (await _service.PostAsync("/v1/training-runs", """
        {"method":"ppo","model":"mdl_none","dataset":{"run":"run_none","upload":"ds_none"},"name":"",
         "options":{"beta":0,"label_smoothing":0.5,"num_train_epochs":0,"lr_scheduler_type":"step","sft_wieght":1,
         "lora":{"r":0,"target_modules":["attn_x"]}}}
        """)).ShouldBeProblem(
        422, "invalid-training-run", "name", "method", "model", "dataset", "options.beta", "options.label_smoothing",
        "options.lr_scheduler_type", "options.num_train_epochs", "options.lora.target_modules", "options.lora.r", "options.sft_wieght")
        .Saying("must be a number above 0, at most 10, not 0.").Saying("must be a number from 0 to below 0.5, not 0.5.")
        .Saying("must be one of linear, cosine, constant_with_warmup, warmup_stable_decay").Saying("is unknown. Known here: beta, ");

    [Theory]
    [InlineData("""{"method":"dpo","model":"MODEL","dataset":{"upload":"ds_none"}}""", "dataset.upload", "There is no dataset")]
    [InlineData("""{"method":"dpo","model":"MODEL","dataset":{"run":"run_none"}}""", "dataset.run", "There is no run")]
    [InlineData(
        """{"method":"dpo","model":"MODEL","dataset":{"run":"run_none","data":"refiner-examples"}}""",
        "dataset.data",
        "dpo trains on preferences")]
    public async Task A_dataset_that_does_not_fit_is_refused(string body, string field, string message) =>
        (await _service.PostAsync("/v1/training-runs", body.Replace("MODEL", shared.Model, StringComparison.Ordinal)))
            .ShouldBeProblem(422, "invalid-training-run", field).Saying(message);

    private Task<Answer> UploadAsync(string format, string body)
        => _service.PostAsync($"/v1/datasets?format={format}", body, "application/x-ndjson");
}
