using SPaR.Abstractions;
using SPaR.Llama.Native;

namespace SPaR.Integration.Tests.Llama.Native;

public sealed class NativeLibrariesTests
{
    [Fact]
    public void Missing_libraries_say_what_to_run()
    {
        var e = Should.Throw<NativeLibraryMissingException>(() => NativeLibraries.Find("/no/such/folder", NativeLibraries.Llama));
        e.Message.ShouldContain("./spar setup");
        e.Message.ShouldContain("/no/such/folder");
    }
}
