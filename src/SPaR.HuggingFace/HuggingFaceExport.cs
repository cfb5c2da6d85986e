using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using SPaR.Gguf;
using SPaR.HuggingFace.Config;
using SPaR.HuggingFace.Families;
using SPaR.HuggingFace.Json;
using SPaR.HuggingFace.Safetensors;
using SPaR.HuggingFace.Tokenizer;

namespace SPaR.HuggingFace;

/// <summary>Converts a GGUF file to a Hugging Face folder. A model that was imported gets its own config and tokenizer files back, and its
/// unchanged tensors bit for bit; for others these files are written from the metadata.</summary>
public sealed class HuggingFaceExport
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;
    private readonly GgufFile _file;
    private readonly SafeFileHandle _source;
    private readonly Action<double> _progress;
    private readonly CancellationToken _stop;
    private readonly JsonFields? _kept;
    private long _done;

    private HuggingFaceExport(string path, SafeFileHandle source, Action<double> progress, CancellationToken stop)
    {
        (_path, _file, _source, _progress, _stop) = (path, GgufReader.Read(path), source, progress, stop);
        _kept = SourceFiles.Kept(path, _file, SourceFiles.Config);
    }

    /// <param name="folder">Is created, and is complete when the call returns. A call that fails leaves no folder.</param>
    /// <param name="progress">Told the share that is done, from 0 to 1.</param>
    /// <exception cref="ModelRejectedException">The model is malformed, quantised, or of a family or tokenizer that cannot be exported; or
    /// the folder exists.</exception>
    public static void Run(string path, string folder, Action<double>? progress = null, CancellationToken stop = default)
    {
        _ = GgufReader.Read(path);
        using var source = File.OpenHandle(path);
        var export = new HuggingFaceExport(path, source, progress ?? (_ => { }), stop);
        NewFolder.Write(folder, export.Plan());
    }

    /// <summary>Checks everything.</summary>
    /// <returns>What writes into an empty folder.</returns>
    private Action<string> Plan()
    {
        var family = ModelFamilies.Of(_path, _file, _kept);
        var keptSettings = _kept is null ? null : new ConfigReader(_kept, family.Config).Read();
        var settings = GgufSettings.Read(_path, _file, family.Config, Scaling(family, keptSettings));
        var found = Match(family, settings.Shape);
        foreach (var (pair, tensor) in found)
            TensorCopy.RequireFinite(
                _path, pair.Gguf, _source, _file.DataOffset + tensor.Offset, tensor.Bytes, SafetensorsTypeOf(tensor));
        var tied = _file.Tensors.All(t => t.Name != Family.Head);
        var kept = settings == keptSettings && _kept is not null && new ConfigReader(_kept, family.Config).IsTied == tied;
        var tokenizer = GgufTokenizer.Read(_path, _file);
        var config = kept ? null : ConfigWriter.Write(family.Config, settings, tied, CommonType(found), SpecialOf(tokenizer));
        var json = TokenizerJson(family, settings, tokenizer, config);
        var writer = new SafetensorsWriter();
        foreach (var (pair, tensor) in found)
            Add(writer, pair, tensor, settings.Shape);
        if (_file.Metadata.GetValueOrDefault(SourceFiles.TiedHead) is true
            && found.FirstOrDefault(f => f.Pair.Gguf == Family.Embedding) is { } embedding)
            Add(writer, embedding.Pair with { HuggingFace = family.HeadName }, embedding.Tensor, settings.Shape);
        return folder =>
        {
            SourceFiles.WriteKept(_file, folder, kept ? [] : [SourceFiles.Config]);
            if (config is not null)
                SourceFiles.WriteText(Path.Combine(folder, SourceFiles.Config), config.ToJsonString(Indented));
            SourceFiles.WriteText(Path.Combine(folder, SourceFiles.Tokenizer), json);
            if (SourceFiles.KeptText(_file, SourceFiles.TokenizerSettings) is null
                && SourceFiles.KeptText(_file, SourceFiles.Tokenizer) is null)
                SourceFiles.WriteText(
                    Path.Combine(folder, SourceFiles.TokenizerSettings),
                    TokenizerWriter.WriteSettings(tokenizer, settings.Context).ToJsonString(Indented));
            writer.Write(folder);
        };
    }

    private RopeScaling? Scaling(Family family, ModelSettings? kept)
    {
        if (_file.Tensors.FirstOrDefault(t => t.Name == Family.Frequencies) is not { } tensor)
            return null;
        var factors = TensorCopy.Vector(_source, _file.DataOffset + tensor.Offset, tensor.Elements, SafetensorsTypeOf(tensor));
        var plain = GgufSettings.Read(_path, _file, family.Config, RopeScaling.None).Rope;
        return FrequencyFactors.ScalingOf(factors, plain, kept?.Rope.Scaling) ?? throw new ModelRejectedException(
            "unsupported-model", $"{_path}: has factors in the tensor '{tensor.Name}' that are not Llama 3's scaling. "
            + "Export another model.");
    }

    private List<(TensorPair Pair, GgufTensor Tensor)> Match(Family family, ModelShape shape)
    {
        if (shape.Layers > _file.Tensors.Length)
            throw Malformed($"has {_file.Tensors.Length} tensors, too few for {shape.Layers} layers");
        var rest = _file.Tensors.Where(t => t.Name != Family.Frequencies).ToDictionary(t => t.Name, StringComparer.Ordinal);
        List<(TensorPair, GgufTensor)> found = [];
        foreach (var pair in family.Of(shape))
            if (rest.Remove(pair.Gguf, out var tensor))
            {
                if (!tensor.Dimensions.Reverse().SequenceEqual(pair.Shape))
                    throw Malformed(
                        $"has the tensor '{pair.Gguf}' of the shape [{string.Join(", ", tensor.Dimensions)}]; the metadata require "
                        + $"[{string.Join(", ", pair.Shape.Reverse())}]");
                _ = SafetensorsTypeOf(tensor);
                found.Add((pair, tensor));
            }
            else if (pair.Required)
                throw Malformed($"has no tensor '{pair.Gguf}'");
        return rest.Count == 0 ? found : throw new ModelRejectedException(
            "unknown-tensor", $"{_path}: has the tensor '{rest.Keys.First()}', for which {family.Config.ClassName} has no place. "
            + "Export another model.");
    }

    private string TokenizerJson(Family family, ModelSettings settings, ModelTokenizer tokenizer, JsonObject? config)
    {
        var frame = SourceFiles.KeptText(_file, SourceFiles.Tokenizer) is { } text ? JsonNode.Parse(text)!.AsObject() : null;
        var json = TokenizerWriter.Write(_path, tokenizer, frame).ToJsonString(Indented);
        // What is written must read back as the same tokeniser.
        var options = SourceFiles.Kept(_path, _file, SourceFiles.TokenizerSettings)
            ?? (frame is null ? Parsed(TokenizerWriter.WriteSettings(tokenizer, settings.Context)) : null);
        var read = new TokenizerReader(
                JsonFields.Parse($"{_path} (its tokenizer)", Encoding.UTF8.GetBytes(json)),
                options, config is null ? _kept! : Parsed(config))
            .Read(settings.Shape.Vocabulary, family.PreTokenizer, family.EndOfTurn, null);
        if (read.Model != tokenizer.Model || !read.Tokens.Select(t => t.Text).SequenceEqual(tokenizer.Tokens.Select(t => t.Text))
            || read.AddBegin != tokenizer.AddBegin || !read.Merges.SequenceEqual(tokenizer.Merges))
            throw new ModelRejectedException(
                "tokenizer-mismatch", $"{_path}: its tokenizer cannot be written as a tokenizer.json that reads back as the same. "
                + "Export another model.");
        return json;
    }

    private JsonFields Parsed(JsonObject json) => JsonFields.Parse(_path, Encoding.UTF8.GetBytes(json.ToJsonString()));

    private void Add(SafetensorsWriter writer, TensorPair pair, GgufTensor tensor, ModelShape shape)
    {
        var (type, offset) = (SafetensorsTypeOf(tensor), _file.DataOffset + tensor.Offset);
        var order = TensorCopy.ToHuggingFace(pair.Change, shape);
        if (!pair.IsVector)
        {
            writer.Add(pair.HuggingFace, type, pair.Shape, target =>
            {
                TensorCopy.Rows(_source, offset, pair.Shape[0], tensor.Bytes / pair.Shape[0], order, target, _stop);
                Advance(tensor.Bytes);
            });
            return;
        }
        var values = TensorCopy.Vector(_source, offset, pair.Shape[0], type);
        if (pair.Change == TensorChange.PlusOne)
            values = WithoutOne(pair, values);
        else if (order is not null)
            values = [.. values.Select((_, i) => values[order(i)])];
        // Vectors that training changed may need more bits than they had.
        var narrow = TypesBefore.GetValueOrDefault(pair.Gguf) is { } before && TensorCopy.Narrowed(values, before) is not null
            ? before : type;
        writer.Add(pair.HuggingFace, narrow, pair.Shape, target =>
        {
            target.Write(TensorCopy.Narrowed(values, narrow)!);
            Advance(tensor.Bytes);
        });
    }

    private Dictionary<string, SafetensorsType> TypesBefore => field ??=
        _file.Metadata.GetValueOrDefault(SourceFiles.Types) is GgufArray { ElementType: GgufValueType.String } list
            ? list.ReadStrings(_path).Select(entry => entry.Split('=')).Where(parts => parts.Length == 2)
                .GroupBy(parts => parts[0]).ToDictionary(g => g.Key, g => SafetensorsType.Find(g.First()[1]) ?? SafetensorsType.F32)
            : [];

    private float[] WithoutOne(TensorPair pair, float[] values)
    {
        if (_file.Metadata.GetValueOrDefault(SourceFiles.Norms + pair.Gguf) is GgufArray { ElementType: GgufValueType.Float32 } list
            && list.ReadSingles(_path) is var kept && kept.Length == values.Length && kept.Zip(values).All(p => p.First + 1 == p.Second))
            return [.. kept];
        return [.. values.Select(v => v - 1)];
    }

    private SafetensorsType SafetensorsTypeOf(GgufTensor tensor) =>
        TensorCopy.Types.FirstOrDefault(t => t.Gguf == tensor.Type).Safetensors ?? throw new ModelRejectedException(
            "quantised-model", $"{_path}: the tensor '{tensor.Name}' has the type {tensor.Type.Name}; "
            + "a safetensors file has F32, F16 or BF16. "
            + "Export the model that it was quantised from.");

    private static string CommonType(List<(TensorPair Pair, GgufTensor Tensor)> found) =>
        found.GroupBy(f => f.Tensor.Type).MaxBy(g => g.Sum(f => f.Tensor.Bytes))!.Key switch
        {
            var type when type == GgufTensorType.BF16 => "bfloat16",
            var type when type == GgufTensorType.F16 => "float16",
            _ => "float32",
        };

    private static IEnumerable<KeyValuePair<string, int>> SpecialOf(ModelTokenizer tokenizer) =>
        from pair in new[] { ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("padding", "pad_token_id") }
        where tokenizer.Special.ContainsKey(pair.Item1)
        select KeyValuePair.Create(pair.Item2, tokenizer.Special[pair.Item1]);

    private void Advance(long bytes)
    {
        _done += bytes;
        _progress((double)_done / _file.Tensors.Sum(t => t.Bytes));
    }

    private ModelRejectedException Malformed(string what) => new("malformed", $"{_path}: {what}. Convert the model again.");
}
