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
        var transformer = new Transformer(config);
        using var pass = new ForwardPass(weights, ScalarType.Float32, null, null, 0);
        var sequences = PackedSequences.All(tensor(tokens.Select(t => (long)t).ToArray(), [1, tokens.Count], ScalarType.Int64));
        var positions = transformer.EncodePositions(
            sequences, weights.Held.GetValueOrDefault(ModelTensors.FrequencyFactors), ScalarType.Float32);
        var x = transformer.Embed(pass, sequences.Tokens);
        for (var layer = 0; layer < config.Layers; layer++)
            x = transformer.Block(pass, layer, x, positions[layer]).Y;
        var head = weights.Has(ModelTensors.Head) ? ModelTensors.Head : ModelTensors.Embedding;
        var logits = pass.AddBias(ModelTensors.HeadBias, pass.Linear(head, transformer.OutputNorm(pass, x).Y));
        return [.. logits.data<float>().ToArray().Chunk(config.VocabularySize)];
    }
}
