using Microsoft.Win32.SafeHandles;
using SPaR.Gguf;
using SPaR.HuggingFace.Config;
using SPaR.HuggingFace.Families;
using SPaR.HuggingFace.Json;
using SPaR.HuggingFace.Safetensors;
using SPaR.HuggingFace.Tokenizer;

namespace SPaR.HuggingFace;

/// <summary>Converts a Hugging Face folder (config.json, tokenizer.json or GLM-4's tokenizer.model, safetensors) to a GGUF file. Matrices keep their type; vectors
/// become F32, as llama.cpp requires. Everything is checked before anything is written.</summary>
public sealed class HuggingFaceImport : IDisposable
{
    private readonly string _folder;
    private readonly Action<double> _progress;
    private readonly CancellationToken _stop;
    private readonly Dictionary<string, SafeFileHandle> _files = [];
    private readonly List<string> _types = [];
    private long _done, _total;

    private HuggingFaceImport(string folder, Action<double> progress, CancellationToken stop)
    {
        (_folder, _progress, _stop) = (folder, progress, stop);
    }

    /// <param name="target">The GGUF file; exists completely afterwards, or not at all.</param>
    /// <param name="progress">Told the share that is done, from 0 to 1.</param>
    /// <exception cref="ModelRejectedException">The folder is incomplete, malformed, contradicts itself or cannot be converted. The message
    /// names file, field or tensor, and the next step.</exception>
    public static void Run(string folder, string target, Action<double>? progress = null, CancellationToken stop = default)
    {
        using var import = new HuggingFaceImport(folder, progress ?? (_ => { }), stop);
        import.Run(target);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    private void Run(string target)
    {
        var config = JsonFields.Read(InFolder(SourceFiles.Config), SourceFiles.MaxJson);
        var family = ModelFamilies.Of(config);
        var reader = new ConfigReader(config, family.Config);
        var settings = reader.Read();
        var tensors = SafetensorsFolder.Read(_folder);
        var found = FolderTensors.Match(_folder, family, settings.Shape, tensors, reader.IsTied);
        var options = File.Exists(InFolder(SourceFiles.TokenizerSettings))
            ? JsonFields.Read(InFolder(SourceFiles.TokenizerSettings), SourceFiles.MaxJson)
            : null;
        var tokenizer = ReadTokenizer(family, options);
        var read = new TokenizerReader(tokenizer, options, config).Read(
            settings.Shape.Vocabulary, family.PreTokenizer, family.EndOfTurn, SourceFiles.ReadText(InFolder(SourceFiles.JinjaTemplate)));
        var doubled = reader.IsTied && tensors.ContainsKey(family.HeadName);
        // Each number is read twice: to check it, and to write it.
        _total = 2 * found.Sum(f => f.Tensor.Tensor.Bytes);
        CheckNumbers(found);
        if (doubled)
            FolderTensors.RequireEqual(tensors[family.HeadName], tensors[family.EmbeddingName], Open);
        var writer = new GgufWriter();
        WriteMetadata(writer, family, settings, found);
        GgufTokenizer.Write(writer, read);
        SourceFiles.Keep(writer, _folder, tokenizer);
        if (doubled)
            writer.Add(SourceFiles.TiedHead, true);
        if (settings.Rope.Scaling.Kind == "llama3")
            writer.Add(Family.Frequencies, FrequencyFactors.Of(settings.Rope), settings.Rope.Width / 2);
        foreach (var (pair, tensor) in found)
            AddTensor(writer, pair, tensor, settings.Shape);
        writer.Add(SourceFiles.Types, _types);
        DurableFile.Write(target, writer.Write);
    }

    /// <summary>A tokenizer.model counts only without a tokenizer.json: many folders have both.</summary>
    private JsonFields ReadTokenizer(Family family, JsonFields? options)
    {
        var (json, model) = (InFolder(SourceFiles.Tokenizer), InFolder(SourceFiles.TokenizerModel));
        return !File.Exists(json) && File.Exists(model)
            ? TiktokenModel.Read(model, options, family.PreTokenizer)
            : JsonFields.Read(json, SourceFiles.MaxJson);
    }

    private void WriteMetadata(GgufWriter writer, Family family, ModelSettings settings, IReadOnlyList<FolderTensor> found)
    {
        var common = found.Where(f => !f.Pair.IsVector).GroupBy(f => f.Tensor.Type).MaxBy(g => g.Sum(f => f.Tensor.Tensor.Bytes))!.Key;
        writer.Add("general.architecture", family.Architecture).Add("general.type", "model")
            .Add("general.name", new DirectoryInfo(_folder).Name)
            .Add("general.file_type", common == SafetensorsType.F32 ? 0u : common == SafetensorsType.F16 ? 1u : 32u);
        GgufSettings.Write(writer, family.Architecture, settings);
    }

    private void CheckNumbers(IReadOnlyList<FolderTensor> found)
    {
        foreach (var (_, tensor) in found)
        {
            _stop.ThrowIfCancellationRequested();
            TensorCopy.RequireFinite(tensor.Path, tensor.Name, Open(tensor.Path), tensor.Tensor.Offset, tensor.Tensor.Bytes, tensor.Type);
            Advance(tensor.Tensor.Bytes);
        }
    }

    private void AddTensor(GgufWriter writer, TensorPair pair, LocatedTensor tensor, ModelShape shape)
    {
        var (file, order) = (Open(tensor.Path), TensorCopy.ToGguf(pair.Change, shape));
        if (pair.IsVector)
        {
            AddVector(writer, pair, tensor, file, order);
            return;
        }
        var type = TensorCopy.Types.Single(t => t.Safetensors == tensor.Type).Gguf;
        writer.Add(pair.Gguf, type, [.. pair.Shape.Reverse()], target =>
        {
            TensorCopy.Rows(file, tensor.Tensor.Offset, pair.Shape[0], tensor.Tensor.Bytes / pair.Shape[0],
                order, target.BaseStream, _stop);
            Advance(tensor.Tensor.Bytes);
        });
    }

    private void AddVector(GgufWriter writer, TensorPair pair, LocatedTensor tensor, SafeFileHandle file, Func<long, long>? order)
    {
        var source = TensorCopy.Vector(file, tensor.Tensor.Offset, pair.Shape[0], tensor.Type);
        if (tensor.Type != SafetensorsType.F32)
            _types.Add($"{pair.Gguf}={tensor.Type.Name}");
        var values = source;
        if (pair.Change == TensorChange.PlusOne)
        {
            values = [.. source.Select(v => v + 1)];
            // Small numbers lose bits beside the 1, and -0 its sign.
            if (source.Where((v, i) => BitConverter.SingleToInt32Bits(values[i] - 1) != BitConverter.SingleToInt32Bits(v)).Any())
                writer.Add(SourceFiles.Norms + pair.Gguf, (IReadOnlyList<float>)source);
        }
        else if (order is not null)
            values = [.. source.Select((_, i) => source[order(i)])];
        writer.Add(pair.Gguf, values, values.Length);
        Advance(tensor.Tensor.Bytes);
    }

    private void Advance(long bytes)
    {
        _done += bytes;
        _progress((double)_done / _total);
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    private SafeFileHandle Open(string path)
    {
        if (!_files.TryGetValue(path, out var file))
            _files[path] = file = File.OpenHandle(path);
        return file;
    }
}
