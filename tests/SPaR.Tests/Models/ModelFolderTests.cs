using Microsoft.Extensions.Options;
using SPaR.Method.Input;
using SPaR.Service.Models;

namespace SPaR.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _outside = Directory.CreateTempSubdirectory("spar-outside-").FullName;
    private readonly ModelFolder _folder;

    public ModelFolderTests()
    {
        var root = Directory.CreateTempSubdirectory("spar-models-").FullName;
        _folder = new(Options.Create(new ModelsOptions { Folder = root }));
        File.WriteAllText(Path.Combine(_outside, "secret.gguf"), "");
        Directory.CreateDirectory(Path.Combine(root, "sub"));
        File.WriteAllText(Path.Combine(root, "a.gguf"), "");
        File.WriteAllText(Path.Combine(root, "sub", "b.gguf"), "");
    }

    public void Dispose()
    {
        Directory.Delete(_folder.Root, recursive: true);
        Directory.Delete(_outside, recursive: true);
    }

    [Theory]
    [InlineData("a.gguf", "a.gguf")]
    [InlineData("./sub//b.gguf", "sub/b.gguf")]
    public void A_file_below_the_folder_is_found(string path, string relative) => _folder.Resolve(path).ShouldBe(relative);

    [Theory]
    [InlineData("../secret.gguf")]
    [InlineData("sub/../../secret.gguf")]
    [InlineData("sub/../a.gguf")]
    [InlineData("..\\secret.gguf")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\a.gguf")]
    public void A_path_that_could_lead_out_is_refused(string path) => Refuse(path, "outside-models-folder");

    [Theory]
    [InlineData("")]
    [InlineData("none.gguf")]
    [InlineData("sub")]
    [InlineData("a.gguf\0.txt")]
    public void A_path_that_is_not_a_file_is_refused(string path) => Refuse(path, "model-not-found");

    [Fact]
    public void A_link_out_of_the_folder_is_refused()
    {
        Link("link.gguf", Path.Combine(_outside, "secret.gguf"));

        Refuse("link.gguf", "outside-models-folder");
    }

    [Fact]
    public void A_linked_folder_that_leads_out_is_refused()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.Root, "linked"), _outside);

        Refuse("linked/secret.gguf", "outside-models-folder");
    }

    [Fact]
    public void A_link_to_a_link_that_leads_out_is_refused()
    {
        Link("second.gguf", Path.Combine(_outside, "secret.gguf"));
        Link("first.gguf", "second.gguf");

        Refuse("first.gguf", "outside-models-folder");
    }

    [Fact]
    public void A_link_that_leads_out_by_dots_is_refused()
    {
        Link("dots.gguf", $"sub/../../{Path.GetFileName(_outside)}/secret.gguf");

        Refuse("dots.gguf", "outside-models-folder");
    }

    [Fact]
    public void A_link_within_the_folder_is_taken()
    {
        Link("inside.gguf", "sub/b.gguf");

        _folder.Resolve("inside.gguf").ShouldBe("inside.gguf");
    }

    [Fact]
    public void The_folder_itself_may_be_a_link()
    {
        var link = Path.Combine(_outside, "models");
        Directory.CreateSymbolicLink(link, _folder.Root);

        new ModelFolder(Options.Create(new ModelsOptions { Folder = link })).Resolve("a.gguf").ShouldBe("a.gguf");
    }

    private void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(_folder.Root, name), target);

    private void Refuse(string path, string code)
    {
        var refusal = Should.Throw<InvalidInputException>(() => _folder.Resolve(path));
        refusal.Code.ShouldBe(code);
        refusal.Errors.ShouldHaveSingleItem().Field.ShouldBe("path");
    }
}
