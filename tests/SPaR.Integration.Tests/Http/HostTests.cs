using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using SPaR.Host;

namespace SPaR.Integration.Tests.Http;

public sealed class HostTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("http://0.0.0.0:8765")]
    [InlineData("http://*:8765")]
    [InlineData("http://+:8765")]
    [InlineData("http://[::]:8765")]
    [InlineData("http://192.168.1.5:8765")]
    [InlineData("http://example.org")]
    [InlineData("http://127.0.0.1.example.org")]
    [InlineData("http://127.0.0.1:1;http://0.0.0.0:2")]
    public void An_address_that_other_machines_could_reach_is_not_loopback(string urls)
    {
        ListenAddresses.Read(With("Urls", urls)).Reachable.ShouldNotBeNull().ShouldStartWith("Urls is ");
        if (!urls.Contains(';', StringComparison.Ordinal))
            ListenAddresses.Read(With("Kestrel:Endpoints:Http:Url", urls)).Reachable.ShouldNotBeNull()
                .ShouldStartWith("Kestrel:Endpoints:Http:Url is ");
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://127.0.0.1:5000;https://localhost:5001;http://[::1]:5002;http://127.0.0.2:1")]
    [InlineData("http://unix:/tmp/spar.sock")]
    public void Loopback_is_not_reachable(string urls) =>
        ListenAddresses.Read(With("Urls", urls)).ShouldBe(new(urls.Length == 0 ? "http://127.0.0.1:8765" : urls, null));

    [Fact]
    public void An_invalid_address_is_refused() => Refuse("Urls", "8765").ShouldStartWith("Urls is '8765'");

    [Fact]
    public async Task The_program_exits_with_one_line_that_names_the_setting()
    {
        await RefusedAsync("Urls is 'http://0.0.0.0:0'", "--urls=http://0.0.0.0:0", "--Keys:Open=true", "--ConnectionStrings:Spar=Host=h");
        await RefusedAsync("--role is 'boss'", "--role=boss");
        await RefusedAsync("--expire ", "--role", "keys", "create", "--name", "a", "--scope", "read", "--expire", "90d");

        static async Task RefusedAsync(string named, params string[] arguments)
        {
            var (code, error) = await RunAsync(arguments);
            code.ShouldBe(1);
            error.ShouldStartWith("spar: ");
            error.ShouldContain(named);
            error.ShouldNotContain('\n');
        }
    }

    [Fact]
    public async Task Without_postgresql_the_program_exits_with_one_line_that_says_what_to_run()
    {
        (await RunAsync("--role=api")).Error.ShouldContain("./spar up");
        var (code, error) = await RunAsync("--role=api", "--ConnectionStrings:Spar=Host=127.0.0.1;Port=1;Database=spar");

        code.ShouldBe(1);
        error.ShouldStartWith("spar: PostgreSQL at 127.0.0.1:1 (database 'spar') cannot be used: ");
        error.ShouldContain("./spar up");
        error.ShouldNotContain('\n');
    }

    [Fact]
    public async Task Registering_a_model_loads_no_native_code_into_the_api()
    {
        var models = Directory.CreateTempSubdirectory("spar-models-").FullName;
        TinyGguf.Write(Path.Combine(models, "tiny.gguf"));
        var database = await postgres.EmptyDatabaseAsync();
        using var api = Start(
            "--role=api", "--urls=http://127.0.0.1:18765", $"--ConnectionStrings:Spar={database}", $"--Models:Folder={models}",
            $"--Keys:File={models}/key");
        using var client = new HttpClient { BaseAddress = new("http://127.0.0.1:18765") };
        try
        {
            await WaitAsync(client);
            client.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync($"{models}/key")).Trim());
            using var body = new StringContent("""{"path":"tiny.gguf"}""", null, "application/json");
            var answer = await client.PostAsync("/v1/models", body);

            answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
            await TrainAsync(client, await IdAsync(answer));
            var maps = await File.ReadAllTextAsync($"/proc/{api.Id}/maps");
            maps.ShouldNotContain("llama.so");
            maps.ShouldNotContain("torch_cpu");
            maps.ShouldNotContain("LibTorchSharp");
        }
        finally
        {
            api.Kill();
            await api.WaitForExitAsync();
            Directory.Delete(models, recursive: true);
        }
    }

    private static async Task TrainAsync(HttpClient client, string model)
    {
        using var rows = new StringContent("""{"prompt":"a","chosen":"b","rejected":"c"}""", null, "application/x-ndjson");
        var data = await IdAsync(await client.PostAsync("/v1/datasets?format=trl-standard", rows));
        using var training = new StringContent(
            $$"""{"method":"dpo","model":"{{model}}","dataset":{"upload":"{{data}}"} }""", null, "application/json");
        await IdAsync(await client.PostAsync("/v1/training-runs", training));
    }

    private static async Task<string> IdAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonNode.Parse(text)!["id"]!.GetValue<string>();
    }

    private static async Task WaitAsync(HttpClient client)
    {
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    return (await client.GetAsync("/health/ready")).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                    return false;
                }
            },
            seconds: 60,
            awaited: "a ready service");
    }

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        _ = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error.Trim());
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    })!;

    private static string Refuse(string key, string value) =>
        Should.Throw<StartupException>(() => ListenAddresses.Read(With(key, value))).Message;

    private static IConfiguration With(string key, string value) =>
        new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();
}
