using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Service.Http;

namespace SPaR.Tests.Http;

public sealed class ProblemHandlerTests
{
    [Fact]
    public async Task A_full_disk_is_said_and_not_taken_for_a_fault_of_the_service()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        var error = Should.Throw<IOException>(() => full.WriteByte(1));
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        http.Response.Body = body;

        (await new ProblemHandler(NullLogger<ProblemHandler>.Instance).TryHandleAsync(http, error, CancellationToken.None)).ShouldBeTrue();

        http.Response.StatusCode.ShouldBe(507);
        JsonNode.Parse(body.ToArray())!["code"]!.GetValue<string>().ShouldBe("disk-full");
    }
}
