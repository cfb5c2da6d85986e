using static SPaR.Integration.Tests.Llama.Corpus.RawValue;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>An adapter for a few of a model's tensors.</summary>
internal static class TinyLora
{
    public static RawGguf Build(RawGguf model, Random random)
    {
        var raw = new RawGguf();
        raw.Set("general.type", Text("adapter"));
        raw.Set("general.architecture", model.Find("general.architecture")!.Value);
        raw.Set("adapter.type", Text("lora"));
        raw.Set("adapter.lora.alpha", Real(8));
        var rank = (ulong)random.Next(1, 5);
        // Now and then also the embedding, vectors or experts.
        var matrices = model.Tensors.Where(t => t.Dimensions.Length == 2 && t.Name != "token_embd.weight").ToArray();
        var targets = random.Next(4) > 0 ? matrices : [.. model.Tensors];
        foreach (var target in random.GetItems(targets, 3).DistinctBy(t => t.Name))
        {
            var (input, output) = (target.Dimensions[0], target.Dimensions[^1]);
            var (a, b) = target.Name == "token_embd.weight" ? ((rank, output), (rank, input)) : ((input, rank), (rank, output));
            Add($"{target.Name}.lora_a", a);
            Add($"{target.Name}.lora_b", b);
        }
        return raw;

        void Add(string name, (ulong, ulong) shape)
        {
            var values = new float[shape.Item1 * shape.Item2];
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)random.NextDouble() - 0.5f;
            raw.Tensors.Add(new(
                name, 0, [shape.Item1, shape.Item2], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        }
    }
}
