using SPaR.Cli.Supervision;

namespace SPaR.Tests.Cli;

public sealed class ServiceKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-key-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_stored_key_goes_to_the_service_of_this_clone()
    {
        File.WriteAllText(Path.Combine(_folder, "key"), "kept\n");

        Sent(Options(), null).ShouldBe("kept");
        Sent(Options(), new("http://127.0.0.1:8765")).ShouldBe("kept");
        Sent(Options() with { Key = "given" }, null).ShouldBe("given");
    }

    [Theory]
    [InlineData("http://127.0.0.1:8766")]
    [InlineData("https://127.0.0.1:8765")]
    [InlineData("http://elsewhere.example")]
    public void Another_address_never_gets_the_stored_key(string url)
    {
        File.WriteAllText(Path.Combine(_folder, "key"), "kept\n");

        Sent(Options(), new(url)).ShouldBeNull();
        Sent(Options() with { Key = "given" }, new(url)).ShouldBe("given");
    }

    [Fact]
    public void Before_the_first_start_there_is_none() => Sent(Options(), null).ShouldBeNull();

    private SparOptions Options() => new() { Folder = _folder, Host = [] };

    private static string? Sent(SparOptions options, Uri? url)
    {
        using var client = ServiceKey.Connect(options, url);
        return client.Http.DefaultRequestHeaders.Authorization?.Parameter;
    }
}
