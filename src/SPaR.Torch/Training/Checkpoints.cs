using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using SPaR.Torch.Devices;

namespace SPaR.Torch.Training;

/// <summary>The checkpoints of one run. Each is written to a temporary folder, flushed to disk and renamed: a folder with a checkpoint's
/// name is complete, whenever the process is killed. The newest ones are kept, and that of the best evaluation where it is
/// wanted.</summary>
/// <param name="kept">How many of the newest.</param>
/// <param name="create">Opens a file for writing; tests make it fail.</param>
internal sealed class Checkpoints(string folder, int kept, Func<string, Stream>? create = null)
{
    private const string State = "state.json", Data = "tensors.bin", Writing = "writing-";

    private readonly string _folder = Path.Combine(folder, TrainingFolder.Checkpoints);
    private readonly Func<string, Stream> _create = create ?? File.Create;

    /// <summary>Complete ones, oldest first.</summary>
    public IReadOnlyList<string> All => Directory.Exists(_folder)
        ? [.. Directory.EnumerateDirectories(_folder, "step-*").Order(StringComparer.Ordinal)]
        : [];

    /// <param name="best">The step whose checkpoint is kept too; null: none.</param>
    /// <exception cref="TrainingFailureException">It could not be written; earlier ones are unchanged.</exception>
    public void Write(Cursor cursor, IReadOnlyDictionary<string, Tensor> tensors, long? best = null)
    {
        var name = NameOf(cursor.Step);
        var (temporary, final) = (Path.Combine(_folder, Writing + name), Path.Combine(_folder, name));
        try
        {
            RemoveUnfinished();
            if (Directory.Exists(final))
                return;
            Directory.CreateDirectory(temporary);
            var stored = WriteTensors(Path.Combine(temporary, Data), tensors);
            WriteFile(Path.Combine(temporary, State),
                stream => JsonSerializer.Serialize(stream, new CheckpointState(cursor, stored), TrainingJson.Options));
            FlushToDisk(temporary);
            Directory.Move(temporary, final);
            DurableFile.FlushFolder(_folder);
            foreach (var old in All.SkipLast(kept).Where(old => best is not { } step || Path.GetFileName(old) != NameOf(step)))
                Directory.Delete(old, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RemoveUnfinished();
            throw new TrainingFailureException(FailureCode.CheckpointNotWritten,
                $"Writing the checkpoint of step {cursor.Step} to {_folder} failed: {e.Message} "
                + $"{(All.Count > 0 ? $"The previous one ({Path.GetFileName(All[^1])}) is intact" : "There is no previous one")}. "
                + "Free disk space or allow writing to the folder, then resume.", inner: e);
        }
    }

    /// <summary>Reads the newest checkpoint into the caller's tensors.</summary>
    /// <param name="target">Finds or creates the tensor to read a stored one into; type and shape must be the stored ones.</param>
    /// <returns>Null if there is no checkpoint.</returns>
    /// <exception cref="TrainingFailureException">It is damaged or belongs to another run.</exception>
    public Cursor? Read(string run, Func<StoredTensor, Tensor> target)
    {
        return All is [.., var newest] ? Read(newest, run, target) : null;
    }

    /// <summary>Reads the checkpoint of a step into the caller's tensors.</summary>
    /// <param name="target">As above; null leaves a stored tensor out.</param>
    /// <exception cref="TrainingFailureException">It is missing, damaged or belongs to another run.</exception>
    public void Read(long step, string run, Func<StoredTensor, Tensor?> target) => Read(Path.Combine(_folder, NameOf(step)), run, target);

    private static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"step-{step:d6}");

    private static Cursor Read(string checkpoint, string run, Func<StoredTensor, Tensor?> target)
    {
        try
        {
            var state = JsonSerializer.Deserialize<CheckpointState>(
                File.ReadAllText(Path.Combine(checkpoint, State)), TrainingJson.Options)!;
            if (state.Cursor.Run != run)
                throw Unusable(checkpoint, "it belongs to another job or other data, so run the changed job in its own folder", null);
            using var data = File.OpenRead(Path.Combine(checkpoint, Data));
            using var frozen = no_grad();
            foreach (var stored in state.Tensors)
            {
                if (target(stored) is not { } tensor)
                    continue;
                data.Position = stored.Offset;
                if (!tensor.shape.SequenceEqual(stored.Shape) || tensor.dtype != stored.Type)
                    throw Unusable(checkpoint, $"shape or type of its tensor '{stored.Name}' differ from the model's", null);
                tensor.ReadFrom(data);
            }
            return state.Cursor;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw Unusable(checkpoint, e.Message, e);
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
        // On disk before the rename that declares it complete. Streams of tests are no files.
        (stream as FileStream)?.Flush(flushToDisk: true);
    }

    /// <summary>Flushes everything that the checkpoint relies on before it gets its name, including the metrics of its steps: a run that
    /// resumes from it does not repeat those steps.</summary>
    private void FlushToDisk(string temporary)
    {
        DurableFile.FlushFolder(temporary);
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
        $"The checkpoint {checkpoint} cannot be used: {why}. To resume from the previous one, or from the start, delete its folder.",
        inner: inner);
}
