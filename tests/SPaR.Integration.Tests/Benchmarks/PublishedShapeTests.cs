using SPaR.Benchmarks.Training;

namespace SPaR.Integration.Tests.Benchmarks;

public sealed class PublishedShapeTests
{
    public static TheoryData<string> OneOfEachFamily => [.. PublishedShape.All.DistinctBy(s => s.Family).Select(s => s.Name)];

    /// <summary>As their makers count them; Gemma's without the part that sees images.</summary>
    [Theory]
    [InlineData("llama3-8b", 8_030_261_248)]
    [InlineData("llama3-70b", 70_553_706_496)]
    [InlineData("mistral-7b", 7_248_023_552)]
    [InlineData("qwen2.5-7b", 7_615_616_512)]
    [InlineData("qwen3-8b", 8_190_735_360)]
    [InlineData("glm4-9b", 9_399_951_360)]
    [InlineData("glm4-9b-0414", 9_400_279_040)]
    [InlineData("gemma3-4b", 3_880_263_168)]
    [InlineData("gemma3-12b", 11_766_034_176)]
    public void A_shape_has_the_parameters_of_its_model(string name, long parameters) => Named(name).Parameters.ShouldBe(parameters);

    [Fact]
    public void A_cell_holds_keys_and_values_of_all_layers() => Named("llama3-8b").CellBytes.ShouldBe(2 * 32 * 8 * 128 * 2);

    [Theory]
    [MemberData(nameof(OneOfEachFamily))]
    public void Shapes_of_every_family_are_trained_and_scaled(string name)
    {
        var small = Named(name) with
        {
            Layers = 3,
            Width = 64,
            Heads = 4,
            KeyValueHeads = 2,
            HeadWidth = 16,
            Inner = 96,
            Vocabulary = 512,
            Rotary = Named(name).Rotary is null ? null : 8,
        };

        var metrics = ShapeBenchmark.Run(small, threads: 1);

        metrics["parameters"].ShouldBe(small.Parameters);
        foreach (var share in new[] { "share_forward", "share_full", "share_lora" })
            metrics[share].ShouldBeOfType<double>().ShouldBeGreaterThan(0);
        metrics["hours_self_play"].ShouldBeOfType<double>().ShouldBeGreaterThan((double)metrics["hours_train_lora"]);
    }

    private static PublishedShape Named(string name) => PublishedShape.All.Single(s => s.Name == name);
}
