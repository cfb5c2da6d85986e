using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Service.Datasets;

namespace SPaR.Service.Trainings;

/// <summary>The prepared data of a training.</summary>
internal sealed record PreparedData(int Rows, ImmutableArray<DroppedRow> Dropped, string Hash)
{
    /// <summary>Optimiser steps; the last batch of an epoch may be smaller.</summary>
    public int Steps(TrainingOptions options) => options.Epochs * ((Rows + options.Batch - 1) / options.Batch);
}

/// <summary>Writes the folder of a training process. The job's file comes last, so a folder that has it is complete.</summary>
internal static class TrainingPreparation
{
    public static async Task<PreparedData> WriteAsync(
        string folder, TrainingJob job, ITextModel model, IAsyncEnumerable<SourceRow> source, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var dropped = ImmutableArray.CreateBuilder<DroppedRow>();
        using var hash = new RowHash();
        var rows = 0;
        await using (var data = new StreamWriter(Path.Combine(folder, TrainingFolder.Data), append: false))
        {
            await foreach (var each in source.WithCancellation(cancellationToken))
            {
                hash.Add(each.Messages, each.Chosen, each.Rejected);
                var (row, reason) = TrainingTokens.Of(model, job.Method, each, job.Options.Cutoff);
                if (reason is not null)
                    dropped.Add(reason);
                if (row is null)
                    continue;
                await data.WriteLineAsync(JsonSerializer.Serialize(row, TrainingJson.Options).AsMemory(), cancellationToken);
                rows++;
            }
        }

        return new(rows, dropped.ToImmutable(), hash.Finish());
    }

    public static async Task CompleteAsync(string folder, TrainingJob job, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, TrainingFolder.Job);
        await File.WriteAllTextAsync($"{file}.part", JsonSerializer.Serialize(job, TrainingJson.Options), cancellationToken);
        File.Move($"{file}.part", file, overwrite: true);
    }
}
