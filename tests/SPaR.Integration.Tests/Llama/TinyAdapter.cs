using SPaR.Gguf;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Writes LoRA adapters for <see cref="TinyModel"/>, valid and invalid ones.</summary>
internal static class TinyAdapter
{
    /// <summary>An adapter that changes the model's output.</summary>
    /// <param name="seed">Another seed gives another adapter.</param>
    public static AdapterFile Write(string name, uint seed, int rank = 4) => Write(name, Metadata(), seed, rank: rank);

    /// <param name="input">Rows of A: the width of the base if the adapter fits it.</param>
    /// <param name="target">The matrix to change in each of the two layers.</param>
    public static AdapterFile Write(
        string name, Dictionary<string, string> metadata, uint seed = 1, int input = 32, string target = "attn_q", string side = "lora_a",
        int rank = 4)
    {
        var path = Path.Combine(AppContext.BaseDirectory, name);
        var writer = new GgufWriter().Add("adapter.lora.alpha", 16f);
        foreach (var (key, value) in metadata)
            writer.Add(key, value);
        foreach (var layer in new[] { 0, 1 })
        {
            writer.Add($"blk.{layer}.{target}.weight.{side}", Numbers(input * rank, ref seed), input, rank)
                .Add($"blk.{layer}.{target}.weight.lora_b", Numbers(rank * 32, ref seed), rank, 32);
            writer.Add($"blk.{layer}.ffn_up.weight.lora_a", Numbers(32 * rank, ref seed), 32, rank)
                .Add($"blk.{layer}.ffn_up.weight.lora_b", Numbers(rank * 64, ref seed), rank, 64);
        }
        using var stream = File.Create(path);
        writer.Write(stream);
        return new AdapterFile(path, "");
    }

    public static Dictionary<string, string> Metadata(string type = "adapter", string architecture = "llama", string form = "lora") => new()
    {
        ["general.type"] = type,
        ["general.architecture"] = architecture,
        ["adapter.type"] = form,
    };

    /// <summary>The same on every machine.</summary>
    private static float[] Numbers(int count, ref uint state)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = (float)((state = state * 1664525 + 1013904223) / 4294967296.0 - 0.5) * 0.5f;
        return numbers;
    }
}
