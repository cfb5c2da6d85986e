using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>A model to train: its weights, log-probabilities, gradients and files. Knows token ids only; knows nothing of losses and
/// steps.</summary>
/// <remarks>Several threads may compute log-probabilities and gradients at once, each into its own <see cref="Gradients"/>, as long as
/// nobody changes the weights or switches the adapter.</remarks>
internal sealed class LanguageModel : IDisposable
{
    // Logits computed at a time: 32 MiB in F32.
    public const long ChunkNumbers = 1 << 23;

    // Up to this many log-probabilities are kept for the backward pass: 256 MiB in F32.
    public const long KeptNumbers = 1 << 26;

    private readonly string _path;
    private readonly GgufFile _file;
    private readonly ModelWeights _weights;
    private readonly Lora? _lora;
    private readonly Transformer _transformer;
    private readonly ScalarType _type;
    private readonly Device _device;
    private readonly string _head;
    private bool _adapterOff;

    private LanguageModel(string path, string precision, LoraOptions? lora, long seed, Device device)
    {
        var source = TrainableModel.Read(path, lora);
        (_path, _file, Config, _device) = (path, source.File, source.Config, device);
        _type = precision switch
        {
            "f32" => ScalarType.Float32,
            "bf16" => ScalarType.BFloat16,
            "f64" => ScalarType.Float64,
            _ => throw new ArgumentException($"Unknown precision '{precision}'; use f32 or bf16.", nameof(precision)),
        };
        _weights = lora is null ? ModelWeights.Trained(path, _file, Exact, device) : ModelWeights.Frozen(path, _file, _type, device);
        _head = _weights.Has(ModelTensors.Head) ? ModelTensors.Head : ModelTensors.Embedding;
        _transformer = new(Config);
        try
        {
            _lora = lora is null ? null : new(lora, source.Targets, Exact, device, seed);
        }
        catch
        {
            Dispose();
            throw;
        }

        Trainable = _lora?.Adapters ?? _weights.Held.Where(w => w.Key != ModelTensors.FrequencyFactors).ToDictionary();
    }

    public ModelConfig Config { get; }

    /// <summary>The tensors that training changes: every weight, or the adapters.</summary>
    public IReadOnlyDictionary<string, Tensor> Trainable { get; }

    /// <param name="precision">The type to compute in: <c>f32</c> or <c>bf16</c>; <c>f64</c> for exact comparisons.</param>
    /// <param name="device">Holds the weights and runs the passes; null: the CPU.</param>
    /// <exception cref="ModelRejectedException">Its architecture or its tensor types cannot be trained.</exception>
    public static LanguageModel Load(string gguf, string precision, LoraOptions? lora, long seed, Device? device = null) =>
        new(gguf, precision, lora, seed, device ?? CPU);

    /// <summary>How many logits are computed at a time.</summary>
    public long Chunk { get; set; } = ChunkNumbers;

    /// <summary>log p(target | what its source sees), without dropout.</summary>
    /// <returns>[n] in the order of the targets, in full precision, on the CPU.</returns>
    public Tensor LogProbs(PackedSequences sequences)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var pass = new ForwardPass(_weights, _type, _adapterOff ? null : _lora, null, 0);
        sequences = sequences.To(_device);
        var positions = EncodePositions(sequences);
        var x = _transformer.Embed(pass, sequences.Tokens);
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            using var block = NewDisposeScope();
            x = block.MoveToOuter(_transformer.Block(pass, layer, x, positions[layer]).Y);
        }

        var head = HeadOf(pass, sequences, _transformer.OutputNorm(pass, x.index_select(0, sequences.Sources)).Y, keep: false);
        return scope.MoveToOuter(head.Forward().cpu());
    }

    /// <summary>Adds the gradient of a loss with respect to every trained weight.</summary>
    /// <param name="loss">Maps the log-probabilities, as <see cref="LogProbs"/> returns them but with dropout, to a scalar.</param>
    /// <param name="checkpointing">Keeps only each block's input and no logits; the backward pass recomputes the block.</param>
    /// <param name="seed">Of dropout.</param>
    public void Accumulate(PackedSequences sequences, Func<Tensor, Tensor> loss, Gradients gradients, bool checkpointing, long seed)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var pass = new ForwardPass(_weights, _type, _lora, gradients, seed);
        sequences = sequences.To(_device);
        var positions = EncodePositions(sequences);
        var inputs = new List<Tensor> { _transformer.Embed(pass, sequences.Tokens) };
        var traces = new BlockTrace?[Config.Layers];
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            using var block = NewDisposeScope();
            var trace = _transformer.Block(pass, layer, inputs[layer], positions[layer]);
            inputs.Add(block.MoveToOuter(trace.Y));
            if (checkpointing)
                continue;
            block.MoveToOuter(trace.Tensors);
            traces[layer] = trace;
        }

        var dx = HeadBackward(pass, sequences, inputs[^1], loss, keep: !checkpointing);
        for (var layer = Config.Layers - 1; layer >= 0; layer--)
        {
            using var block = NewDisposeScope();
            var trace = traces[layer] ?? _transformer.Block(pass, layer, inputs[layer], positions[layer]);
            _transformer.BlockBackward(pass, layer, trace, positions[layer], dx);
            foreach (var tensor in trace.Tensors)
                tensor.Dispose();
        }

        _transformer.EmbedBackward(pass, sequences.Tokens, dx);
    }

    /// <summary>Switches the adapter off until disposed: the base model is the reference of a run with adapters.</summary>
    public IDisposable WithoutAdapter()
    {
        _adapterOff = true;
        return new AdapterSwitch(this);
    }

    /// <summary>Writes the model as a GGUF like its source.</summary>
    public void Save(string path, IReadOnlyDictionary<string, string> lineage) =>
        Weights.Write(path, _path, _file, (name, start, count) => _weights.Rows(name, start, count, Exact), lineage);

    /// <summary>Writes the adapter alone; it names its base model.</summary>
    public void SaveAdapter(string path, IReadOnlyDictionary<string, string> lineage) => Adapter.Save(path, _path, _file, lineage);

    /// <summary>Writes the base with the adapter merged into it. What is quantised becomes F16.</summary>
    public void SaveMerged(string path, IReadOnlyDictionary<string, string> lineage) =>
        Weights.Write(path, _path, _file, (name, start, count) =>
            Adapter.Merge(name, start, _weights.Rows(name, start, count, Exact)), lineage);

    public void Dispose()
    {
        _weights.Dispose();
        _lora?.Dispose();
    }

    /// <summary>The type of what is trained.</summary>
    private ScalarType Exact => _type == ScalarType.Float64 ? _type : ScalarType.Float32;

    private Lora Adapter => _lora ?? throw new InvalidOperationException("Every weight is trained, so there is no adapter; use Save.");

    private PositionEncoding[] EncodePositions(PackedSequences sequences) =>
        _transformer.EncodePositions(
            sequences, _weights.Has(ModelTensors.FrequencyFactors) ? _weights.Of(ModelTensors.FrequencyFactors, Exact) : null, _type);

    private IHead HeadOf(ForwardPass pass, PackedSequences sequences, Tensor rows, bool keep)
    {
        if (!pass.Holds(_head))
        {
            var atOnce = Math.Min(Chunk / sequences.Targets.shape[0], ChunkNumbers / Config.Width);
            return new FrozenHead(pass, _head, Config.VocabularySize, rows, sequences.Targets, Math.Max(1, atOnce));
        }

        // When not all logits fit, chunks are a quarter as large: the head then takes no more memory than a block.
        var kept = keep && sequences.Targets.shape[0] * Config.VocabularySize <= KeptNumbers;
        return new Head(pass, _head, rows, sequences.Targets, Math.Max(1, (kept ? Chunk : Chunk / 4) / Config.VocabularySize), kept);
    }

    /// <param name="x">[b t, D], the last block's output.</param>
    /// <returns>The gradient of the loss with respect to it.</returns>
    private Tensor HeadBackward(ForwardPass pass, PackedSequences sequences, Tensor x, Func<Tensor, Tensor> loss, bool keep)
    {
        using var scope = NewDisposeScope();
        var normed = _transformer.OutputNorm(pass, x.index_select(0, sequences.Sources));
        var head = HeadOf(pass, sequences, normed.Y, keep);
        var dy = head.Backward(GradientOf(loss, head.Forward()));
        var rows = zeros_like(normed.X);
        Transformer.OutputNormBackward(pass, normed, dy, rows);
        return scope.MoveToOuter(zeros_like(x).index_add_(0, sequences.Sources, rows, 1));
    }

    /// <summary>A loss is small and in F64, so the CPU computes it whatever the device.</summary>
    private static Tensor GradientOf(Func<Tensor, Tensor> loss, Tensor logProbs)
    {
        var leaf = logProbs.cpu();
        using var recording = enable_grad();
        loss(leaf.requires_grad_()).backward();
        return leaf.grad!.to(logProbs.device);
    }

    private sealed class AdapterSwitch(LanguageModel model) : IDisposable
    {
        public void Dispose() => model._adapterOff = false;
    }
}
