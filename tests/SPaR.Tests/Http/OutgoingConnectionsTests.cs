using System.Net;
using SPaR.Service.Http;

namespace SPaR.Tests.Http;

public sealed class OutgoingConnectionsTests
{
    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:93.184.216.34", true)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:4136:e378::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_public_addresses_are_public(string address, bool isPublic) =>
        OutgoingConnections.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);

    [Theory]
    [InlineData("https://example.com/hook", true)]
    [InlineData("http://93.184.216.34:8080", true)]
    [InlineData("ftp://example.com", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("example.com", false)]
    [InlineData("https://user:secret@example.com", false)]
    [InlineData("https://example.com\\@127.0.0.1/", false)]
    [InlineData("http://127.0.0.1:8765", false)]
    [InlineData("http://[::ffff:10.0.0.1]/", false)]
    [InlineData("http://2130706433/", false)]
    [InlineData("http://0x7f.1/", false)]
    public void An_address_that_may_not_be_called_is_refused(string address, bool isAllowed) =>
        (OutgoingConnections.FaultOf(address, allowPrivate: false) is null).ShouldBe(isAllowed);

    [Fact]
    public async Task A_name_that_leads_to_this_machine_is_refused_when_it_is_called()
    {
        using var http = OutgoingConnections.Create(allowPrivate: false, TimeSpan.FromSeconds(5));

        (await Should.ThrowAsync<HttpRequestException>(
            () => http.GetAsync(new Uri("http://localhost:1/"), TestContext.Current.CancellationToken))).Message.ShouldContain("private");
    }
}
