using SPaR.Llama.Models;

namespace SPaR.Tests.Llama;

public sealed class LlamaOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new LlamaOptions().Validate().ShouldBeEmpty();

    [Theory]
    [InlineData("Llama:Threads must be from 1 to 512; it is 0.", 0, null, null, 64, 512)]
    [InlineData("Llama:ContextTokens must be from 16 to 1048576; it is 15.", null, 15, null, 64, 512)]
    [InlineData("Llama:Cells must be from 16 to 16777216; it is 1.", null, null, 1, 64, 512)]
    [InlineData("Llama:Sequences must be from 1 to 256; it is 257.", null, null, null, 257, 512)]
    [InlineData("Llama:BatchTokens must be from 1 to 65536; it is 65537.", null, null, null, 64, 65537)]
    [InlineData("Llama:BatchTokens must be at least Llama:Sequences (64), so that every sequence has a token in each step; it is 63.",
        null, null, null, 64, 63)]
    [InlineData("Llama:Cells must be at least Llama:ContextTokens (100), so that one request fits; it is 99.", null, 100, 99, 64, 512)]
    public void What_is_out_of_range_is_named(string error, int? threads, int? context, int? cells, int sequences, int batch) =>
        new LlamaOptions { Threads = threads, ContextTokens = context, Cells = cells, Sequences = sequences, BatchTokens = batch }
            .Validate().ShouldBe([error]);

    [Fact]
    public void Less_memory_than_a_mebibyte_is_refused() => new LlamaOptions { MemoryBytes = 1048575 }.Validate()
        .ShouldBe(["Llama:MemoryBytes must be at least 1048576 (1 MiB); it is 1048575."]);

    [Fact]
    public void Layers_on_a_graphics_processor_that_cannot_be_are_named() =>
        new LlamaOptions { GpuLayers = -1 }.Validate().ShouldBe(["Llama:GpuLayers must be from 0 to 65536; it is -1."]);

    [Theory]
    [InlineData(1_000_000, 4, 4, 1536)]
    [InlineData(87_000_000, 12, 10, 1542)]
    [InlineData(8_030_000_000, 32, 32, 16_684)]
    public void A_model_whose_weights_take_long_has_more_resident_cells(ulong parameters, int heads, int layers, int cells)
    {
        new LlamaOptions().ResidentCellsOf(parameters, heads, layers).ShouldBe(cells);
        new LlamaOptions { ResidentCells = 7 }.ResidentCellsOf(parameters, heads, layers).ShouldBe(7);
    }
}
