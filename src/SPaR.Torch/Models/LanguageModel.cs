using SPaR.Abstractions;
using SPaR.Gguf;
using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>A model to be trained: its weights, its log-probabilities, its gradients, its files. Knows token ids only; knows nothing of
/// losses and steps.</summary>
/// <remarks>Several threads may compute log-probabilities and gradients at once, each into gradients of its own, while nobody changes the
/// weights or switches the adapter.</remarks>
internal sealed class LanguageModel : IDisposable
{
    // Logits are computed so many numbers at a time: 32 MiB in F32.
    private const long ChunkNumbers = 1 << 23;

    // Up to so many log-probabilities are kept from the way there to the way back: 256 MiB in F32.
    private const long KeptNumbers = 1 << 26;

    private readonly string _path;
    private readonly GgufFile _file;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly Lora? _lora;
    private readonly LlamaFamily _family;
    private readonly ScalarType _type;
    private readonly Device _place;
    private readonly string _head;
    private bool _adapterOff;

    private LanguageModel(string path, string precision, LoraOptions? lora, long seed, Device place)
    {
        (_path, _file, _place) = (path, GgufReader.Read(path), place);
        Config = ModelConfig.Read(path, _file);
        _type = precision switch
        {
            "f32" => ScalarType.Float32,
            "bf16" => ScalarType.BFloat16,
            "f64" => ScalarType.Float64,
            _ => throw new ArgumentException($"The precision '{precision}' is unknown. Known: f32, bf16.", nameof(precision)),
        };
        _weights = Weights.Read(path, _file, _type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, place);
        _head = _weights.ContainsKey(LlamaTensors.Head) ? LlamaTensors.Head : LlamaTensors.Embedding;
        _family = new(Config);
        try
        {
            _lora = lora is null ? null : new(lora, _weights, seed);
        }
        catch
        {
            Dispose();
            throw;
        }

        Trainable = _lora?.Adapters ?? _weights.Where(w => w.Key != LlamaTensors.FrequencyFactors).ToDictionary();
    }

    public ModelConfig Config { get; }

    /// <summary>The leaves that training changes: every weight, or the adapters.</summary>
    public IReadOnlyDictionary<string, Tensor> Trainable { get; }

    /// <param name="precision"><c>f32</c> or <c>bf16</c>, of the passes; <c>f64</c> for exact comparisons.</param>
    /// <param name="place">Where its weights are and its passes are computed; the processor where null.</param>
    /// <exception cref="ModelRejectedException">Its architecture or its types cannot be trained.</exception>
    public static LanguageModel Load(string gguf, string precision, LoraOptions? lora, long seed, Device? place = null) =>
        new(gguf, precision, lora, seed, place ?? CPU);

    /// <summary>How many logits are computed at a time.</summary>
    public long Chunk { get; set; } = ChunkNumbers;

    /// <summary>log p(target | what its source sees), without dropout.</summary>
    /// <returns>[n] in the order of the passage's targets, in full precision, for the processor.</returns>
    public Tensor LogProbs(Passage passage)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var pass = new Pass(_weights, _type, _adapterOff ? null : _lora, null, 0);
        passage = passage.To(_place);
        var positions = PositionsOf(passage);
        var x = LlamaFamily.Embed(pass, passage.Tokens);
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            using var block = NewDisposeScope();
            x = block.MoveToOuter(_family.Block(pass, layer, x, positions).Y);
        }

        var head = HeadOf(pass, passage, _family.OutputNorm(pass, x.index_select(0, passage.Sources)).Y, keep: false);
        return scope.MoveToOuter(head.Forward().cpu());
    }

    /// <summary>Adds the gradient of a loss by every weight that is trained.</summary>
    /// <param name="loss">From the log-probabilities, as <see cref="LogProbs"/> gives them but with dropout, to a scalar.</param>
    /// <param name="checkpointing">Keeps only the input of each block, which is computed again on the way back, and no logits.</param>
    /// <param name="seed">Of dropout.</param>
    public void Accumulate(Passage passage, Func<Tensor, Tensor> loss, Gradients gradients, bool checkpointing, long seed)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var pass = new Pass(_weights, _type, _lora, gradients, seed);
        passage = passage.To(_place);
        var positions = PositionsOf(passage);
        var inputs = new List<Tensor> { LlamaFamily.Embed(pass, passage.Tokens) };
        var traces = new BlockTrace?[Config.Layers];
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            using var block = NewDisposeScope();
            var trace = _family.Block(pass, layer, inputs[layer], positions);
            inputs.Add(block.MoveToOuter(trace.Y));
            if (checkpointing)
                continue;
            block.MoveToOuter(trace.Tensors);
            traces[layer] = trace;
        }

        var dx = HeadBack(pass, passage, inputs[^1], loss, keep: !checkpointing);
        for (var layer = Config.Layers - 1; layer >= 0; layer--)
        {
            using var block = NewDisposeScope();
            var trace = traces[layer] ?? _family.Block(pass, layer, inputs[layer], positions);
            LlamaFamily.BlockBack(pass, layer, trace, positions, dx);
            foreach (var tensor in trace.Tensors)
                tensor.Dispose();
        }

        LlamaFamily.EmbedBack(pass, passage.Tokens, dx);
    }

    /// <summary>Until it is disposed the model is its base: the reference of a run with adapters.</summary>
    public IDisposable WithoutAdapter()
    {
        _adapterOff = true;
        return new AdapterOn(this);
    }

    /// <summary>Writes the model as a GGUF like the one it came from.</summary>
    public void Save(string path, IReadOnlyDictionary<string, string> lineage) =>
        Weights.Write(path, _path, _file, name => _weights[name], lineage);

    /// <summary>Writes the adapter alone, which names the model that it belongs to.</summary>
    public void SaveAdapter(string path, IReadOnlyDictionary<string, string> lineage) => Adapter.Save(path, _path, _file, lineage);

    /// <summary>Writes base and adapter as one model.</summary>
    public void SaveMerged(string path, IReadOnlyDictionary<string, string> lineage) =>
        Weights.Write(path, _path, _file, name => Adapter.Merge(name, _weights[name]), lineage);

    public void Dispose()
    {
        foreach (var weight in _weights.Values)
            weight.Dispose();
        _lora?.Dispose();
    }

    private Lora Adapter => _lora ?? throw new InvalidOperationException("Every weight is trained; there is no adapter.");

    private Positions PositionsOf(Passage passage) =>
        _family.PositionsOf(passage, _weights.GetValueOrDefault(LlamaTensors.FrequencyFactors), _type);

    private Head HeadOf(Pass pass, Passage passage, Tensor rows, bool keep)
    {
        // Without room for all logits, chunks are a quarter as large: the head then takes no more memory than a block does.
        var kept = keep && passage.Targets.shape[0] * Config.VocabularySize <= KeptNumbers;
        return new(pass, _head, rows, passage.Targets, Math.Max(1, (kept ? Chunk : Chunk / 4) / Config.VocabularySize), kept);
    }

    /// <param name="x">[b t, D], the last block's output.</param>
    /// <returns>The gradient of the loss by it.</returns>
    private Tensor HeadBack(Pass pass, Passage passage, Tensor x, Func<Tensor, Tensor> loss, bool keep)
    {
        using var scope = NewDisposeScope();
        var normed = _family.OutputNorm(pass, x.index_select(0, passage.Sources));
        var head = HeadOf(pass, passage, normed.Y, keep);
        var dy = head.Back(GradientOf(loss, head.Forward()));
        var rows = zeros_like(normed.X);
        LlamaFamily.OutputNormBack(pass, normed, dy, rows);
        return scope.MoveToOuter(zeros_like(x).index_add_(0, passage.Sources, rows, 1));
    }

    /// <summary>A loss is small and in F64: the processor's, whatever computes the rest.</summary>
    private static Tensor GradientOf(Func<Tensor, Tensor> loss, Tensor logProbs)
    {
        var there = logProbs.cpu();
        using var recording = enable_grad();
        loss(there.requires_grad_()).backward();
        return there.grad!.to(logProbs.device);
    }

    private sealed class AdapterOn(LanguageModel model) : IDisposable
    {
        public void Dispose() => model._adapterOff = false;
    }
}
