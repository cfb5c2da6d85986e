using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Benchmarks;
using SPaR.Llama.Binding;

namespace SPaR.Integration.Tests.Benchmarks;

public sealed class WeightFormatTests
{
    private static readonly RandomLlama Shape = new("tiny", 512, 64, 2, 2, 2, 96, Sharpness: 3);

    [Fact]
    public void Eight_bits_are_within_half_a_step()
    {
        var row = Row(256);
        var bytes = Encoded(WeightFormat.Q8, row);
        for (var i = 0; i < row.Length; i++)
        {
            var block = bytes.AsSpan(i / 32 * 34, 34);
            var step = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
            // The step itself is rounded to F16, by up to 2^-11 of it, and counts 127 times at most.
            (step * (sbyte)block[2 + i % 32]).ShouldBe(row[i], Math.Abs(step) * (0.5 + 127.0 / 2048), $"weight {i}");
        }
    }

    [Fact]
    public void Four_bits_are_within_a_step()
    {
        var row = Row(256);
        var bytes = Encoded(WeightFormat.Q4, row);
        for (var i = 0; i < row.Length; i++)
        {
            var block = bytes.AsSpan(i / 32 * 18, 18);
            var step = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
            var half = (block[2 + i % 16] >> (i % 32 < 16 ? 0 : 4)) & 15;
            // Half a step, but for what would be +8 steps and is +7.
            (step * (half - 8)).ShouldBe(row[i], Math.Abs(step) * 1.01, $"weight {i}");
        }
    }

    [Fact]
    public void A_row_of_zeros_stays_one()
    {
        foreach (var format in new[] { WeightFormat.Q8, WeightFormat.Q4 })
            BinaryPrimitives.ReadHalfLittleEndian(Encoded(format, new float[32])).ShouldBe((Half)0, format.Name);
        Encoded(WeightFormat.Q4, new float[32])[2..].ShouldAllBe(b => b == 0x88);
    }

    /// <summary>llama.cpp reads the blocks as they were meant: another order of the halves would leave no likeness.</summary>
    [Theory]
    [InlineData("f16", 0.999)]
    [InlineData("q8_0", 0.99)]
    [InlineData("q4_0", 0.8)]
    public void Models_of_the_same_weights_have_nearly_the_same_logits(string name, double likeness)
    {
        var format = new[] { WeightFormat.F16, WeightFormat.Q8, WeightFormat.Q4 }.Single(f => f.Name == name);
        var (exact, other) = (Logits(WeightFormat.F32), Logits(format));
        (Product(exact, other) / Math.Sqrt(Product(exact, exact) * Product(other, other))).ShouldBeGreaterThan(likeness);
    }

    [Fact]
    public void Words_are_one_token_each_and_marks_are_hardly_ever_drawn()
    {
        var path = Written(WeightFormat.F16);
        using var weights = LlamaWeights.Open(path);
        var vocabulary = weights.Vocabulary;
        var tokens = vocabulary.Tokenize($" {WordVocabulary.Word(3)} {WordVocabulary.Word(0)} {WordVocabulary.Word(200)}");
        tokens.ShouldBe([10, 7, 207]);
        vocabulary.Tokenize(vocabulary.Detokenize(tokens)).ShouldBe(tokens);
        Logits(WeightFormat.F16)[..7].ShouldAllBe(l => Math.Abs(l) < 0.1);
    }

    private static float[] Logits(WeightFormat format)
    {
        var path = Written(format);
        using var weights = LlamaWeights.Open(path);
        using var context = LlamaContext.Create(weights, new ModelFile(path, "", WordVocabulary.Template), 64, 1, 64, threads: 1);
        for (var i = 0; i < 20; i++)
            context.Batch.Add(7 + 13 * i, i, 0, output: i == 19);
        context.Decode();
        return context.Logits(19).ToArray();
    }

    private static string Written(WeightFormat format)
    {
        LlamaLibrary.Load(NullLogger.Instance);
        var path = Path.Combine(AppContext.BaseDirectory, $"random {format.Name}.gguf");
        Shape.Write(path, format, new WordVocabulary(Shape.Vocabulary));
        return path;
    }

    private static double Product(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static float[] Row(int length)
    {
        var dice = new Random(5);
        return [.. Enumerable.Range(0, length).Select(_ => (float)(2 * dice.NextDouble() - 1))];
    }

    private static byte[] Encoded(WeightFormat format, float[] row)
    {
        var bytes = new byte[row.Length / 32 * format.Type.BlockBytes];
        format.Encode(row, bytes);
        return bytes;
    }
}
