using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Torch;

/// <summary>A model to be trained: its weights, its log-probabilities, its gradients, its files. Knows token ids only; knows nothing of
/// losses and steps. One thread uses it at a time.</summary>
internal sealed class LanguageModel : IDisposable
{
    // The head's logits of this many numbers are held at a time: 64 MiB in F32.
    private const long ChunkNumbers = 1 << 24;

    private readonly string _path;
    private readonly GgufFile _file;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly Lora? _lora;
    private readonly LlamaFamily _family;
    private readonly ScalarType _pass;
    private readonly string _head;
    private readonly long _seed;
    private bool _adapterOff;
    private bool _train;

    private LanguageModel(string path, string precision, LoraOptions? lora, long seed)
    {
        (_path, _seed, _file) = (path, seed, GgufReader.Read(path));
        Config = ModelConfig.Read(path, _file);
        _pass = precision switch
        {
            "f32" => ScalarType.Float32,
            "bf16" => ScalarType.BFloat16,
            "f64" => ScalarType.Float64,
            _ => throw new ArgumentException($"The precision '{precision}' is unknown. Known: f32, bf16.", nameof(precision)),
        };
        _weights = Weights.Read(path, _file, _pass == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        _head = _weights.ContainsKey("output.weight") ? "output.weight" : "token_embd.weight";
        _family = new(Config, Weight, Linear);
        RefuseOthers();
        if (lora is not null)
            _lora = new(lora, _weights, seed);
        Trainable = _lora?.Adapters ?? _weights.Where(w => w.Key != FrequencyFactors).ToDictionary(w => w.Key, w => w.Value.requires_grad_());
    }

    private const string FrequencyFactors = "rope_freqs.weight";

    public ModelConfig Config { get; }

    /// <summary>The leaves that training changes: every weight, or the adapters.</summary>
    public IReadOnlyDictionary<string, Tensor> Trainable { get; }

    /// <param name="precision"><c>f32</c> or <c>bf16</c>, of the passes; <c>f64</c> for exact comparisons.</param>
    /// <exception cref="ModelRejectedException">Its architecture or its types cannot be trained.</exception>
    public static LanguageModel Load(string gguf, string precision, LoraOptions? lora, long seed) => new(gguf, precision, lora, seed);

    /// <summary>log p(token t + 1 | tokens up to t). Rows are padded on the right with any id: attention is causal.</summary>
    /// <param name="tokens">[b, t], int64.</param>
    /// <param name="train">With dropout.</param>
    /// <returns>[b, t − 1]</returns>
    public Tensor TokenLogProbs(Tensor tokens, bool train)
    {
        using var scope = NewDisposeScope();
        _train = train;
        var x = _family.Embed(Inputs(tokens));
        var positions = Positions(tokens);
        for (var layer = 0; layer < Config.Layers; layer++)
            x = Block(layer, x, positions, tokens);
        return scope.MoveToOuter(Heads(x, tokens));
    }

    /// <summary>Adds the gradient of a loss to that of every leaf. The head's logits are never held whole, and with
    /// <paramref name="checkpointing"/> only the input of each block is kept: it is computed again on the way back.</summary>
    /// <param name="loss">From the log-probabilities [b, t − 1] of the tokens, as <see cref="TokenLogProbs"/> gives them, to a
    /// scalar.</param>
    public void Accumulate(Tensor tokens, Func<Tensor, Tensor> loss, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        _train = true;
        var positions = Positions(tokens);
        if (!checkpointing)
        {
            var x = _family.Embed(Inputs(tokens));
            for (var layer = 0; layer < Config.Layers; layer++)
                x = Block(layer, x, positions, tokens);
            x.backward([HeadGradient(x, tokens, loss)]);
            return;
        }

        var inputs = new List<Tensor>();
        using (no_grad())
        {
            inputs.Add(_family.Embed(Inputs(tokens)));
            for (var layer = 0; layer < Config.Layers; layer++)
            {
                using var block = NewDisposeScope();
                inputs.Add(block.MoveToOuter(Block(layer, inputs[^1], positions, tokens)));
            }
        }

        var gradient = HeadGradient(inputs[^1], tokens, loss);
        for (var layer = Config.Layers - 1; layer >= 0; layer--)
        {
            using var block = NewDisposeScope();
            var x = inputs[layer].detach().requires_grad_();
            Block(layer, x, positions, tokens).backward([gradient]);
            gradient = block.MoveToOuter(x.grad!);
        }

        if (_lora is null)
            _family.Embed(Inputs(tokens)).backward([gradient]);
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

    public void SaveAdapter(string path) => Adapter.Save(path);

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

    private static Tensor Inputs(Tensor tokens) => tokens.narrow(1, 0, tokens.shape[1] - 1);

    private Positions Positions(Tensor tokens) =>
        _family.PositionsOf(tokens.shape[1] - 1, _weights.GetValueOrDefault(FrequencyFactors), _pass);

    private Tensor Weight(string name) => _weights[name].to_type(_pass);

    private Tensor Linear(string name, Tensor x)
    {
        var product = nn.functional.linear(x, Weight(name));
        return !_adapterOff && _lora?.Delta(name, x, _train) is { } delta ? product + delta : product;
    }

    private Tensor Block(int layer, Tensor x, Positions positions, Tensor tokens)
    {
        // Dropout must fall out the same when a block is computed again: its seed comes from the batch and the layer.
        if (_train && _lora is not null)
            manual_seed(_seed ^ (tokens.sum().item<long>() << 8) ^ layer);
        return _family.Block(layer, x, positions);
    }

    /// <summary>[rows, D] and their next tokens [rows] → log-probabilities [rows], in full precision.</summary>
    private Tensor Head(Tensor x, Tensor next)
    {
        var logits = _family.Logits(_head, x).to_type(_pass == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        return logits.gather(1, next.unsqueeze(1)).squeeze(1) - logits.logsumexp(1);
    }

    private Tensor Heads(Tensor x, Tensor tokens)
    {
        var parts = new List<Tensor>();
        foreach (var (rows, next) in Chunks(x, tokens))
        {
            using var chunk = NewDisposeScope();
            parts.Add(chunk.MoveToOuter(Head(rows, next)));
        }

        return cat(parts).reshape(tokens.shape[0], tokens.shape[1] - 1);
    }

    /// <summary>The gradient of the loss by the last block's output; the head's own is added on the way.</summary>
    private Tensor HeadGradient(Tensor x, Tensor tokens, Func<Tensor, Tensor> loss)
    {
        Tensor logProbs;
        using (no_grad())
            logProbs = Heads(x.detach(), tokens);
        logProbs = logProbs.detach().requires_grad_();
        loss(logProbs).backward();
        var byLogProb = logProbs.grad!.reshape(-1);
        var leaf = x.detach().requires_grad_();
        var place = 0L;
        foreach (var (rows, next) in Chunks(leaf, tokens))
        {
            using var chunk = NewDisposeScope();
            Head(rows, next).backward([byLogProb.narrow(0, place, next.shape[0])]);
            place += next.shape[0];
        }

        return leaf.grad!;
    }

    private IEnumerable<(Tensor Rows, Tensor Next)> Chunks(Tensor x, Tensor tokens)
    {
        var rows = x.reshape(-1, Config.Width);
        var next = tokens.narrow(1, 1, tokens.shape[1] - 1).reshape(-1);
        var size = Math.Max(1, ChunkNumbers / Config.VocabularySize);
        for (var start = 0L; start < next.shape[0]; start += size)
        {
            var count = Math.Min(size, next.shape[0] - start);
            yield return (rows.narrow(0, start, count), next.narrow(0, start, count));
        }
    }

    /// <summary>A tensor that this family does not use would be left out of the computation without a word.</summary>
    private void RefuseOthers()
    {
        string[] inBlock = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"];
        var used = Enumerable.Range(0, Config.Layers).SelectMany(l => inBlock.Select(n => $"blk.{l}.{n}.weight"))
            .Append("token_embd.weight").Append("output_norm.weight").ToHashSet();
        if (used.FirstOrDefault(name => !_weights.ContainsKey(name)) is { } missing)
            throw new ModelRejectedException("malformed", $"{_path}: has no tensor '{missing}'. Convert the model again.");
        if (_weights.Keys.FirstOrDefault(name => !used.Contains(name) && name is not ("output.weight" or FrequencyFactors)) is { } other)
            throw new ModelRejectedException(
                "unsupported-tensor", $"{_path}: has the tensor '{other}', which training of the family llama does not know.");
    }

    private sealed class AdapterOn(LanguageModel model) : IDisposable
    {
        public void Dispose() => model._adapterOff = false;
    }
}
