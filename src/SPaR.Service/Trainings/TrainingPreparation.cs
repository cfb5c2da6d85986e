using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Service.Datasets;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>The prepared data of a training.</summary>
/// <param name="Sources">What became of the rows of each dataset; the last one is the dataset of held-out rows, if there is one.</param>
internal sealed record PreparedData(ImmutableArray<SourceRows> Sources, ImmutableArray<DroppedRow> Dropped, string Hash)
{
    public int Rows { get; } = Sources.Sum(s => s.Used);

    public int HeldOut { get; } = Sources.Sum(s => s.HeldOut);

    /// <summary>Optimiser steps; the last batch of an epoch may be smaller.</summary>
    public int Steps(TrainingOptions options) => options.NumTrainEpochs * ((Rows + options.BatchSize - 1) / options.BatchSize);
}

/// <param name="Source">What it is called.</param>
internal sealed record SourceData(TrainingSource Source, IAsyncEnumerable<SourceRow> Rows);

/// <summary>Writes the folder of a training process. The job's file comes last, so a folder that has it is complete.</summary>
internal static class TrainingPreparation
{
    /// <param name="heldOut">A dataset of held-out rows of its own; null without one.</param>
    /// <exception cref="TrainingException">A share is to be held out, and all rows have the same prompt.</exception>
    public static async Task<PreparedData> WriteAsync(
        string folder, TrainingJob job, ITextModel model, IReadOnlyList<SourceData> sources, SourceData? heldOut,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var (data, eval) = (Path.Combine(folder, TrainingFolder.Data), Path.Combine(folder, TrainingFolder.EvalData));
        // Of an earlier attempt.
        File.Delete(eval);
        using var hash = new RowHash();
        var files = new List<TokenisedRows>();
        await using (var rows = new StreamWriter(data, append: false))
            foreach (var (index, source) in sources.Index())
                files.Add(await TokeniseAsync(rows, job, model, source, sources.Count > 1 ? index : null, hash, cancellationToken));
        var counts = files.ConvertAll(f => new SourceRows(f.Given, f.Prompts.Count, 0, f.Dropped.Count));
        if (job.Options.ValSize > 0 && counts.Sum(c => c.Used) > 0)
            counts = await HoldOutAsync(data, eval, job.Options, files, cancellationToken);
        if (heldOut is not null)
        {
            await using var rows = new StreamWriter(eval, append: false);
            files.Add(await TokeniseAsync(rows, job, model, heldOut, null, null, cancellationToken));
            counts.Add(new(files[^1].Given, 0, files[^1].Prompts.Count, files[^1].Dropped.Count));
        }

        return new([.. counts], [.. files.SelectMany(f => f.Dropped)], hash.Finish());
    }

    public static async Task CompleteAsync(string folder, TrainingJob job, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, TrainingFolder.Job);
        await File.WriteAllTextAsync($"{file}.part", JsonSerializer.Serialize(job, TrainingJson.Options), cancellationToken);
        File.Move($"{file}.part", file, overwrite: true);
    }

    private static async Task<TokenisedRows> TokeniseAsync(
        StreamWriter file, TrainingJob job, ITextModel model, SourceData source, int? set, RowHash? hash,
        CancellationToken cancellationToken)
    {
        var read = new TokenisedRows();
        await foreach (var each in source.Rows.WithCancellation(cancellationToken))
        {
            read.Given++;
            hash?.Add(each.Messages, each.Chosen, each.Rejected);
            var (row, reason) = TrainingTokens.Of(model, job.Method, each, job.Options.MaxLength);
            if (reason is not null)
                read.Dropped.Add(reason with { Dataset = source.Source.Id });
            if (row is null)
                continue;
            await file.WriteLineAsync(JsonSerializer.Serialize(row with { Set = set }, TrainingJson.Options).AsMemory(), cancellationToken);
            read.Prompts.Add(HeldOutSplit.KeyOf(each.Prompt));
        }

        return read;
    }

    /// <summary>Moves a share of the rows into a file of their own.</summary>
    private static async Task<List<SourceRows>> HoldOutAsync(
        string data, string eval, TrainingOptions options, List<TokenisedRows> files, CancellationToken cancellationToken)
    {
        var held = HeldOutSplit.Choose([.. files.SelectMany(f => f.Prompts)], options.ValSize, options.Seed)
            ?? throw new TrainingException(
                "no-eval-rows", "All rows that can be trained on have the same prompt, so none can be held out: a prompt is never on both "
                + "sides. Leave out options.val_size, or name an eval_dataset.");
        var kept = $"{data}.part";
        await using (var training = new StreamWriter(kept, append: false))
        await using (var evaluation = new StreamWriter(eval, append: false))
            foreach (var (isHeld, line) in held.Zip(File.ReadLines(data)))
                await (isHeld ? evaluation : training).WriteLineAsync(line.AsMemory(), cancellationToken);
        File.Move(kept, data, overwrite: true);
        var (counts, start) = (new List<SourceRows>(), 0);
        foreach (var file in files)
        {
            var ofFile = held.AsSpan(start, file.Prompts.Count).Count(true);
            counts.Add(new(file.Given, file.Prompts.Count - ofFile, ofFile, file.Dropped.Count));
            start += file.Prompts.Count;
        }

        return counts;
    }

    private sealed class TokenisedRows
    {
        public int Given { get; set; }

        /// <summary>Of each row that was written.</summary>
        public List<ulong> Prompts { get; } = [];

        public List<DroppedRow> Dropped { get; } = [];
    }
}
