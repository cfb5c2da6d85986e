using System.Globalization;
using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>Which tensors stay in the machine's memory where a graphics processor takes the last layers. As llama.cpp does it: what looks
/// tokens up always stays, and what turns the last layer's result into logits goes first.</summary>
internal sealed class Placement
{
    private readonly int _gpuLayers;

    /// <param name="gpuLayers">How many the graphics processor takes, the output among them; more than there are is all.</param>
    public Placement(GgufFile model, int gpuLayers)
    {
        _gpuLayers = gpuLayers;
        AllLayers = model.Tensors.Select(t => LayerOf(t.Name) + 1).DefaultIfEmpty(0).Max() ?? 0;
        Layers = Math.Clamp(AllLayers + 1 - (long)gpuLayers, 0, AllLayers);
    }

    public int AllLayers { get; }

    /// <summary>How many stay, from the first on.</summary>
    public long Layers { get; }

    /// <param name="file">The model, or an adapter of it: its tensors lie where those are that they change.</param>
    public long BytesOf(GgufFile file) => file.Tensors.Where(t => Stays(t.Name)).Sum(t => t.Bytes);

    private bool Stays(string tensor) => LayerOf(tensor) is { } layer
        ? layer < Layers
        : _gpuLayers == 0 || tensor.StartsWith("token_embd.", StringComparison.Ordinal);

    private static int? LayerOf(string tensor) =>
        tensor.Split('.') is ["blk", var layer, ..] && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
