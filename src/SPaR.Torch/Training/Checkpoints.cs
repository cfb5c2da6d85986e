using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Torch.Devices;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>The checkpoints of one run. A checkpoint is written to a folder beside its place, brought to disk and renamed: a folder
/// with a checkpoint's name is complete, whenever the process is killed. The newest two are kept.</summary>
/// <param name="create">Opens a file for writing; a test makes it fail.</param>
internal sealed class Checkpoints(string folder, Func<string, Stream>? create = null)
{
    private const string State = "state.json", Data = "tensors.bin", Writing = "writing-";

    private const int Kept = 2;

    private readonly string _folder = Path.Combine(folder, TrainingFolder.Checkpoints);
    private readonly Func<string, Stream> _create = create ?? File.Create;

    /// <summary>Complete ones, oldest first.</summary>
    public IReadOnlyList<string> All => Directory.Exists(_folder)
        ? [.. Directory.EnumerateDirectories(_folder, "step-*").Order(StringComparer.Ordinal)]
        : [];

    /// <exception cref="TrainingFailureException">It could not be written; the ones before it stand.</exception>
    public void Write(Cursor cursor, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"step-{cursor.Step:d6}");
        var (beside, place) = (Path.Combine(_folder, Writing + name), Path.Combine(_folder, name));
        try
        {
            RemoveUnfinished();
            if (Directory.Exists(place))
                return;
            Directory.CreateDirectory(beside);
            var stored = WriteTensors(Path.Combine(beside, Data), tensors);
            WriteFile(Path.Combine(beside, State),
                stream => JsonSerializer.Serialize(stream, new CheckpointState(cursor, stored), TrainingJson.Options));
            BringToDisk(beside);
            Directory.Move(beside, place);
            DurableFile.FlushFolder(_folder);
            foreach (var old in All.SkipLast(Kept))
                Directory.Delete(old, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RemoveUnfinished();
            throw new TrainingFailureException(FailureCode.CheckpointNotWritten,
                $"The checkpoint of step {cursor.Step} could not be written to {_folder}: {e.Message} "
                + $"{(All.Count > 0 ? $"The one before it ({Path.GetFileName(All[^1])}) stands" : "There is none before it")}. "
                + "Make room on the disk or allow writing, then resume.", inner: e);
        }
    }

    /// <summary>Reads the newest checkpoint into tensors of the caller's.</summary>
    /// <param name="target">Finds or makes the tensor that a stored one goes into; its type and shape must be the stored ones.</param>
    /// <returns>Null without a checkpoint.</returns>
    public Cursor? Read(string run, Func<StoredTensor, Tensor> target)
    {
        if (All is not [.., var newest])
            return null;
        try
        {
            var state = JsonSerializer.Deserialize<CheckpointState>(File.ReadAllText(Path.Combine(newest, State)), TrainingJson.Options)!;
            if (state.Cursor.Run != run)
                throw Unusable(newest, "it belongs to another job or other data; give a changed job a folder of its own", null);
            using var data = File.OpenRead(Path.Combine(newest, Data));
            using var frozen = no_grad();
            foreach (var stored in state.Tensors)
            {
                data.Position = stored.Offset;
                var tensor = target(stored);
                if (!tensor.shape.SequenceEqual(stored.Shape) || tensor.dtype != stored.Type)
                    throw Unusable(newest, $"its tensor '{stored.Name}' has another shape or type than the model's", null);
                tensor.ReadFrom(data);
            }
            return state.Cursor;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw Unusable(newest, e.Message, e);
        }
    }

    private ImmutableArray<StoredTensor> WriteTensors(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var stored = ImmutableArray.CreateBuilder<StoredTensor>(tensors.Count);
        WriteFile(path, stream =>
        {
            var offset = 0L;
            foreach (var (name, tensor) in tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
            {
                var length = tensor.WriteTo(stream.Write);
                stored.Add(new StoredTensor(name, tensor.dtype, [.. tensor.shape], offset, length));
                offset += length;
            }
        });
        return stored.MoveToImmutable();
    }

    private void WriteFile(string path, Action<Stream> write)
    {
        using var stream = _create(path);
        write(stream);
        stream.Flush();
        // On disk before the rename that declares it complete; what a test puts in a file's place keeps its bytes itself.
        (stream as FileStream)?.Flush(flushToDisk: true);
    }

    /// <summary>Everything that the checkpoint stands on is on disk before it has its name, the metrics of its steps among them: a run
    /// that goes on from it does not make those steps again.</summary>
    private void BringToDisk(string beside)
    {
        DurableFile.FlushFolder(beside);
        var metrics = Path.Combine(folder, TrainingFolder.Metrics);
        if (File.Exists(metrics))
            DurableFile.Flush(metrics);
        DurableFile.FlushFolder(folder);
    }

    private void RemoveUnfinished()
    {
        if (!Directory.Exists(_folder))
            return;
        foreach (var unfinished in Directory.EnumerateDirectories(_folder, Writing + "*"))
            Directory.Delete(unfinished, recursive: true);
    }

    private static TrainingFailureException Unusable(string checkpoint, string why, Exception? inner) => new(FailureCode.BadCheckpoint,
        $"The checkpoint {checkpoint} cannot be used: {why}. Delete its folder to go on from the one before it, or from the start.",
        inner: inner);
}
