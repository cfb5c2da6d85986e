using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SPaR.Host;
using SPaR.MicroWorld;
using SPaR.Service.Jobs;
using SPaR.Service.Models;

namespace SPaR.Integration.Tests.Http;

/// <summary>A worker with its own folder, as on another machine: it reaches the database, and the service by HTTP.</summary>
public sealed class FetchingWorkerTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-worker-").FullName;
    private string _database = "";
    private HttpService _service = null!;
    private WebApplication? _worker;
    private string _model = "";
    private byte[] _content = [];

    private string Fetched => Path.Combine(_folder, "tiny.gguf");

    private string Side => $"{Fetched}.{Convert.ToHexStringLower(SHA256.HashData(_content))[..16]}.part";

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.MigratedDatabaseAsync();
        _service = await HttpService.StartAsync(_database);
        TinyGguf.Write(Path.Combine(_service.Models, "tiny.gguf"));
        _content = await File.ReadAllBytesAsync(Path.Combine(_service.Models, "tiny.gguf"));
        _model = (await _service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
        {
            await _worker.StopAsync();
            await _worker.DisposeAsync();
        }

        await _service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_run_is_worked_on_where_the_folder_was_empty()
    {
        await StartAsync(_service.Client.BaseAddress!);

        (await RunAsync())["status"].GetValue<string>().ShouldBe("succeeded");
        (await File.ReadAllBytesAsync(Fetched)).ShouldBe(_content);
        Directory.GetFiles(_folder).ShouldBe([Fetched]);
    }

    [Fact]
    public async Task An_adapter_is_downloaded_with_its_base()
    {
        TinyGguf.WriteAdapter(Path.Combine(_service.Models, "adapter.gguf"));
        _model = (await _service.PostAsync("/v1/models", $$"""{"path":"adapter.gguf","base":"{{_model}}"}""")).ShouldBe(201).Id;
        await StartAsync(_service.Client.BaseAddress!);

        (await RunAsync())["status"].GetValue<string>().ShouldBe("succeeded");
        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(["adapter.gguf", "tiny.gguf"], ignoreOrder: true);
    }

    [Fact]
    public async Task Another_file_of_that_name_and_a_damaged_part_are_replaced()
    {
        await File.WriteAllBytesAsync(Fetched, new byte[_content.Length]);
        await File.WriteAllBytesAsync(Side, new byte[100]);
        await StartAsync(_service.Client.BaseAddress!);

        (await RunAsync())["status"].GetValue<string>().ShouldBe("succeeded");
        (await File.ReadAllBytesAsync(Fetched)).ShouldBe(_content);
        File.Exists(Side).ShouldBeFalse();
    }

    [Fact]
    public async Task A_download_that_is_cut_off_is_resumed()
    {
        File.Copy(MicroModel.Path, Path.Combine(_service.Models, "micro.gguf"));
        _model = (await _service.PostAsync("/v1/models", """{"path":"micro.gguf"}""")).ShouldBe(201).Id;
        using var line = new BreakingLine(_service.Client.BaseAddress!.Port, answerBytes: 1_500_000);
        await StartAsync(new($"http://127.0.0.1:{line.Port}"));

        (await RunAsync())["status"].GetValue<string>().ShouldBe("succeeded");
        (await File.ReadAllBytesAsync(Path.Combine(_folder, "micro.gguf"))).ShouldBe(await File.ReadAllBytesAsync(MicroModel.Path));
        line.Asked.Count.ShouldBe(2);
        line.Asked[0].ShouldNotContain("Range: ");
        line.Asked[1].ShouldContain("Range: bytes=1");
    }

    [Fact]
    public async Task A_run_whose_model_cannot_be_downloaded_fails_and_names_the_file()
    {
        File.Delete(Path.Combine(_service.Models, "tiny.gguf"));
        await StartAsync(_service.Client.BaseAddress!);

        var run = await RunAsync();

        run["status"].GetValue<string>().ShouldBe("failed");
        run.Saying($"v1/models/{_model}/file");
        Directory.GetFiles(_folder).ShouldAllBe(file => file == Side);
    }

    [Fact]
    public async Task It_takes_no_trainings_because_they_need_the_services_folder()
    {
        await StartAsync(_service.Client.BaseAddress!);
        _worker!.Services.GetServices<IJobHandler>().Select(h => h.Kind).ShouldBe(["run", "evaluate", "webhook"], ignoreOrder: true);

        Should.Throw<StartupException>(() => Build("all", "http://127.0.0.1:1")).Message.ShouldContain("--role worker");
        Should.Throw<OptionsValidationException>(
                () => Build("worker", "machine:8765").Services.GetRequiredService<IOptions<ModelsOptions>>().Value)
            .Message.ShouldContain("Models:Source");
    }

    private Task StartAsync(Uri source) => (_worker = Build("worker", source.ToString())).StartAsync();

    private WebApplication Build(string role, string source) => ServiceHost.Build(
        [
            $"--role={role}", $"--ConnectionStrings:Spar={_database}", $"--Models:Folder={_folder}", $"--Models:Source={source}",
            $"--Models:Key={_service.Key}", "--Logging:LogLevel:Default=Warning",
        ],
        services => services.Replace(ServiceDescriptor.Singleton<ITextEngine>(new ScriptedModel())));

    private async Task<Answer> RunAsync()
    {
        var set = (await _service.PostAsync("/v1/instruction-sets", """{"name":"one","instructions":[{"prompt":"one"}]}""")).Id;
        var run = (await _service.PostAsync("/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{_model}}"}""")).ShouldBe(201).Id;
        return await _service.WaitForRunAsync(run, status => status is "succeeded" or "failed");
    }

    /// <summary>A connection that breaks in the middle of the first response and then works.</summary>
    private sealed class BreakingLine : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly int _target;

        public BreakingLine(int target, int answerBytes)
        {
            _target = target;
            _listener.Start();
            _ = ServeAsync(answerBytes);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>The head of each request.</summary>
        public List<string> Asked { get; } = [];

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task ServeAsync(int answerBytes)
        {
            var stop = _stop.Token;
            var buffer = new byte[16_384];
            while (true)
            {
                using var near = await _listener.AcceptTcpClientAsync(stop);
                using var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, _target, stop);
                var (here, there) = (near.GetStream(), far.GetStream());
                var head = await here.ReadAsync(buffer, stop);
                Asked.Add(Encoding.ASCII.GetString(buffer, 0, head));
                await there.WriteAsync(buffer.AsMemory(0, head), stop);
                if (Asked.Count > 1)
                    await there.CopyToAsync(here, stop);
                for (var left = answerBytes; left > 0;)
                {
                    var read = await there.ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), stop);
                    await here.WriteAsync(buffer.AsMemory(0, read), stop);
                    left -= read;
                }
            }
        }
    }
}
