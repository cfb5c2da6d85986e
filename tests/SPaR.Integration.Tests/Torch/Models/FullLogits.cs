using SPaR.Gguf;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>The logits of the whole vocabulary, which the trainer itself never holds at once.</summary>
internal static class FullLogits
{
    /// <returns>[position][vocabulary]</returns>
    public static float[][] Of(string path, IReadOnlyList<int> tokens)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var file = GgufReader.Read(path);
        var config = ModelConfig.Read(path, file);
        using var weights = ModelWeights.Trained(path, file, ScalarType.Float32, CPU);
        var family = new LlamaFamily(config);
        using var pass = new ForwardPass(weights, ScalarType.Float32, null, null, 0);
        var sequences = PackedSequences.All(tensor(tokens.Select(t => (long)t).ToArray(), [1, tokens.Count], ScalarType.Int64));
        var positions = family.EncodePositions(
            sequences, weights.Held.GetValueOrDefault(LlamaTensors.FrequencyFactors), ScalarType.Float32);
        var x = LlamaFamily.Embed(pass, sequences.Tokens);
        for (var layer = 0; layer < config.Layers; layer++)
            x = family.Block(pass, layer, x, positions).Y;
        var head = weights.Has(LlamaTensors.Head) ? LlamaTensors.Head : LlamaTensors.Embedding;
        return [.. pass.Linear(head, family.OutputNorm(pass, x).Y).data<float>().ToArray().Chunk(config.VocabularySize)];
    }
}
