using System.Net.Http.Headers;
using System.Text;
using SPaR.Integration.Tests.Http;
using static SPaR.Integration.Tests.OpenAi.OpenAiRows;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Files in OpenAI's form, over plain HTTP.</summary>
public sealed class OpenAiFileTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_file_is_a_dataset_and_its_content_has_the_rows_in_the_same_form()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var first = (await UploadAsync(service, TwoPairs, "pairs.jsonl")).ShouldBe(200);
        var second = (await UploadAsync(service, Chat, "chat.jsonl")).ShouldBe(200);

        (first["object"].GetValue<string>(), first["purpose"].GetValue<string>(), first["status"].GetValue<string>())
            .ShouldBe(("file", "fine-tune", "processed"));
        (first["filename"].GetValue<string>(), first["bytes"].GetValue<int>())
            .ShouldBe(("pairs.jsonl", Encoding.UTF8.GetByteCount(TwoPairs)));
        (await service.GetAsync($"/v1/datasets/{first.Id}"))["kind"].GetValue<string>().ShouldBe("preferences");
        (await service.GetAsync($"/v1/datasets/{second.Id}"))["kind"].GetValue<string>().ShouldBe("conversations");
        var content = (await service.GetAsync($"/openai/v1/files/{first.Id}/content")).ShouldBe(200);
        // What is exported can be uploaded again as the same data.
        var again = (await UploadAsync(service, content.Text, "again.jsonl")).ShouldBe(200);
        (await service.GetAsync($"/v1/datasets/{again.Id}"))["sha256"].GetValue<string>()
            .ShouldBe((await service.GetAsync($"/v1/datasets/{first.Id}"))["sha256"].GetValue<string>());
        content.Lines[0]["input"]!["messages"]![0]!["content"]!.GetValue<string>().ShouldBe("one");
        (await service.GetAsync($"/openai/v1/files/{second.Id}/content")).Lines.ShouldHaveSingleItem()["messages"]![1]!["role"]!
            .GetValue<string>().ShouldBe("assistant");
        await CheckListAsync(service, [first.Id, second.Id, again.Id]);
        (await service.DeleteAsync($"/openai/v1/files/{first.Id}")).ShouldBe(200).Text
            .ShouldBe($$"""{"id":"{{first.Id}}","deleted":true,"object":"file"}""");
        (await service.GetAsync($"/openai/v1/files/{first.Id}")).ShouldBeOpenAi(404, "not_found", null);
    }

    [Fact]
    public async Task A_form_that_cannot_be_a_file_is_refused_by_its_part_and_nothing_is_stored()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());

        (await UploadAsync(service, TwoPairs, "a.jsonl", purpose: null)).ShouldBeOpenAi(400, "invalid_file", "purpose");
        (await UploadAsync(service, TwoPairs, "a.jsonl", "assistants")).ShouldBeOpenAi(400, "invalid_file", "purpose");
        (await UploadAsync(service, null, "a.jsonl")).ShouldBeOpenAi(400, "invalid_file", "file");
        (await UploadAsync(service, "{\"a\":1}", "a.jsonl")).ShouldBeOpenAi(400, "invalid_dataset", "line 1");
        (await UploadAsync(service, "", "a.jsonl")).ShouldBeOpenAi(400, "invalid_dataset", "body");
        (await UploadAsync(service, TwoPairs, new string('a', 201))).ShouldBeOpenAi(400, "invalid_file", "file");
        (await UploadAsync(service, TwoPairs, "a.jsonl", "fine-tune", ("expires_after[seconds]", "3600")))
            .ShouldBeOpenAi(400, "invalid_file", "expires_after[seconds]");
        (await UploadAsync(service, TwoPairs, "a.jsonl", "fine-tune", ("purpose", "fine-tune")))
            .ShouldBeOpenAi(400, "invalid_form", "purpose");
        (await UploadAsync(service, TwoPairs, "a.jsonl", new string('a', 2000))).ShouldBeOpenAi(400, "invalid_form", "purpose");
        foreach (var (type, body) in new[]
        {
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{"),
            ("multipart/form-data; boundary=x", "nothing"), ("multipart/form-data; boundary=x", "--x\r\n\r\nno name\r\n--x--\r\n"),
            ("multipart/form-data", "--x--"), ("multipart/form-data; boundary=\"\"", "--x--"),
            ("multipart/form-data; boundary=x", $"--x\r\nContent-Disposition: form-data; name=\"{new string('a', 40_000)}\"\r\n\r\n"),
        })
            (await RawAsync(service, type, body)).Status.ShouldBe(400, body);
        (await service.PostAsync("/openai/v1/files", "{}")).ShouldBeOpenAi(415, "unsupported_media_type", null);
        (await service.GetAsync("/v1/datasets"))["data"].AsArray().ShouldBeEmpty();
    }

    private static async Task CheckListAsync(HttpService service, string[] ids)
    {
        var all = await service.GetAsync("/openai/v1/files");
        (all["object"].GetValue<string>(), all["has_more"].GetValue<bool>()).ShouldBe(("list", false));
        Ids(all).ShouldBe(ids.Reverse());
        Ids(await service.GetAsync("/openai/v1/files?order=asc&purpose=fine-tune")).ShouldBe(ids);
        Ids(await service.GetAsync("/openai/v1/files?purpose=batch")).ShouldBeEmpty();
        var page = await service.GetAsync("/openai/v1/files?order=asc&limit=2");
        (Ids(page).Count(), page["has_more"].GetValue<bool>(), page["last_id"].GetValue<string>()).ShouldBe((2, true, ids[1]));
        Ids(await service.GetAsync($"/openai/v1/files?order=asc&limit=2&after={ids[1]}")).ShouldBe([ids[2]]);
        Ids(await service.GetAsync($"/openai/v1/files?after={ids[1]}")).ShouldBe([ids[0]]);
    }

    private static async Task<Answer> RawAsync(HttpService service, string type, string body)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await service.PostAsync("/openai/v1/files", content);
    }
}
