using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using SPaR.Cli.Processes;

namespace SPaR.Integration.Tests.Tracing;

/// <summary>The lines that the API's process logs as JSON.</summary>
public sealed class JsonLogTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_line_has_the_id_that_the_response_has_and_the_trace()
    {
        var folder = Directory.CreateTempSubdirectory("spar-log-").FullName;
        var port = Ports.Free(IPAddress.Loopback, 0);
        using var api = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "api",
                $"--ConnectionStrings:Spar={await postgres.MigratedDatabaseAsync()}", $"--Models:Folder={folder}",
                $"--urls=http://127.0.0.1:{port}", "--Logging:Console:FormatterName=json",
                "--Logging:LogLevel:Microsoft.AspNetCore.Routing.EndpointMiddleware=Information",
            ])
        { RedirectStandardOutput = true, WorkingDirectory = folder })!;
        try
        {
            using var client = new HttpClient();
            var limit = TestContext.Current.CancellationToken;
            string? id = null;
            while (await api.StandardOutput.ReadLineAsync(limit) is { } line)
            {
                if (line.Contains("Now listening", StringComparison.Ordinal))
                    id = (await client.GetAsync($"http://127.0.0.1:{port}/health/live", limit)).Headers.GetValues("X-Request-Id").Single();
                if (id is null || JsonNode.Parse(line)!["Scopes"] is not JsonArray scopes
                    || !line.Contains("Executing endpoint", StringComparison.Ordinal))
                    continue;
                scopes.Select(s => s!["XRequestId"]).OfType<JsonNode>().Single().GetValue<string>().ShouldBe(id);
                scopes.Select(s => s!["TraceId"]).OfType<JsonNode>().First().GetValue<string>().ShouldBe(id);
                return;
            }

            throw new InvalidOperationException("The process ended without the line.");
        }
        finally
        {
            api.Kill();
            await api.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }
}
