using System.Globalization;
using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>Which tensors stay in main memory when the GPU takes the last layers. Follows llama.cpp: the token embedding always stays, and
/// the output layer is moved first.</summary>
internal sealed class GpuOffload
{
    private readonly int _gpuLayers;

    /// <param name="gpuLayers">How many layers the GPU takes, including the output layer; any larger number means all.</param>
    public GpuOffload(GgufFile model, int gpuLayers)
    {
        _gpuLayers = gpuLayers;
        AllLayers = model.Tensors.Select(t => LayerOf(t.Name) + 1).DefaultIfEmpty(0).Max() ?? 0;
        CpuLayers = Math.Clamp(AllLayers + 1 - (long)gpuLayers, 0, AllLayers);
    }

    public int AllLayers { get; }

    /// <summary>How many layers stay, starting from the first.</summary>
    public long CpuLayers { get; }

    /// <param name="file">The model, or its adapter: an adapter's tensors are placed with those that they change.</param>
    public long BytesOf(GgufFile file) => file.Tensors.Where(t => Stays(t.Name)).Sum(t => t.Bytes);

    private bool Stays(string tensor) => LayerOf(tensor) is { } layer
        ? layer < CpuLayers
        : _gpuLayers == 0 || tensor.StartsWith("token_embd.", StringComparison.Ordinal);

    private static int? LayerOf(string tensor) =>
        tensor.Split('.') is ["blk", var layer, ..] && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
