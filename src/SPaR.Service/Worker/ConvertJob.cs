using Npgsql;
using SPaR.Method;
using SPaR.Service.Conversions;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>One conversion on this worker, in a process of its own, and the registration of its result. One worker at a time works on a
/// conversion; after a crash, its own or that of the process, it starts from the beginning, unless the file was complete.</summary>
internal sealed class ConvertJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    ConversionLifecycle lifecycle,
    ModelFolder folder,
    ModelFiles files,
    ConversionFiles results,
    ModelIntake intake,
    PerplexityMeter perplexity,
    TimeProvider time,
    ILogger<ConvertJob> logger) : IJobHandler
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(1);

    public string Kind => JobKinds.Convert;

    public async Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Conversions.Where(c => c.Id == key && c.Status != RunStatus.Failed)
            .Select(c => new JobProgress(0)).SingleOrDefaultAsync(cancellationToken);
    }

    public Task FailAsync(string key, string code, string message, CancellationToken cancellationToken) =>
        lifecycle.FailAsync(key, code, folder.WithNames(message), cancellationToken);

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var id = request.Key;
        try
        {
            await WorkAsync(id, cancellationToken);
        }
        catch (Exception error) when (error.IsOfSubject())
        {
            logger.ConversionFailed(error, id);
            await FailAsync(
                id, error is ModelRejectedException rejected ? rejected.Code : error is IOException ? "disk" : "conversion-failed",
                error.Message, cancellationToken);
        }

        // The lock is released, so a cancellation that waited for it can complete.
        await lifecycle.CompleteStopAsync(id, cancellationToken);
    }

    private async Task WorkAsync(string id, CancellationToken cancellationToken)
    {
        await using var held = await WorkLock.TryTakeAsync(source, id, cancellationToken);
        if (held is null)
            return;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var conversion = await db.Conversions.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellationToken);
        if (conversion is null || (conversion.Status is not RunStatus.Running && !await lifecycle.StartAsync(id, cancellationToken)))
            return;
        var model = await db.Models.AsNoTracking().Include(m => m.Base)
            .SingleOrDefaultAsync(m => m.Id == conversion.ModelId, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, held.Lost);
        var share = 0.0;
        var work = ConvertAsync(db, conversion, model, now => Volatile.Write(ref share, now), stop.Token);
        try
        {
            await WatchAsync(id, work, () => Volatile.Read(ref share), stop);
        }
        finally
        {
            // No process outlives the lock.
            await stop.CancelAsync();
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!work.IsCanceled)
            await work;
        // If the connection broke, another worker takes it up; otherwise it was cancelled.
        else if (!held.Lost.IsCancellationRequested)
            results.Remove(conversion);
    }

    /// <summary>Reports the progress until the work ends, and stops it where the conversion is not to go on.</summary>
    private async Task WatchAsync(string id, Task work, Func<double> share, CancellationTokenSource stop)
    {
        while (await Task.WhenAny(work, Task.Delay(BetweenReports, time, CancellationToken.None)) != work)
            if (!stop.IsCancellationRequested && !await lifecycle.ReportAsync(id, share(), CancellationToken.None))
                await stop.CancelAsync();
    }

    private async Task ConvertAsync(
        SparDb db, Conversion conversion, Model? model, Action<double> progress, CancellationToken cancellationToken)
    {
        var path = ConversionFiles.PathOf(conversion);
        var target = results.Prepare(conversion);
        // Complete already, by a worker that then died.
        if (!Path.Exists(target))
            await MakeAsync(conversion, await OrderAsync(conversion, model, target, cancellationToken), progress, cancellationToken);
        var result = conversion.Kind is ConversionKind.Export ? null : await ReadAsync(conversion, model, path, cancellationToken);
        var report = conversion.DatasetId is { } dataset
            ? await perplexity.CompareAsync(db, dataset, model!, result!, cancellationToken)
            : null;
        if (!await lifecycle.SucceedAsync(conversion.Id, path, result, report, cancellationToken))
            // It was cancelled meanwhile.
            results.Remove(conversion);
    }

    private async Task MakeAsync(
        Conversion conversion, ConversionOrder order, Action<double> progress, CancellationToken cancellationToken)
    {
        try
        {
            await ConversionProcess.RunAsync(order, progress, cancellationToken);
        }
        catch
        {
            results.RemoveUnfinished(conversion);
            throw;
        }
    }

    private async Task<ConversionOrder> OrderAsync(
        Conversion conversion, Model? model, string target, CancellationToken cancellationToken)
    {
        var file = model?.In(folder.Root);
        if (file is not null)
            await files.CheckAsync(file, cancellationToken);
        return conversion.Kind is ConversionKind.Import
            ? new(conversion.Kind, folder.FullPath(folder.ResolveFolder(conversion.Source!)), target, file?.Path)
            : new(
                conversion.Kind, file!.Adapter?.Path ?? file.Path, target, file.Adapter is null ? null : file.Path, conversion.FileType);
    }

    /// <summary>Describes the file; one that cannot be registered is removed.</summary>
    private async Task<Model> ReadAsync(Conversion conversion, Model? model, string path, CancellationToken cancellationToken)
    {
        var name = conversion.Name ?? NameOf(conversion, model);
        var origin = ModelOrigin.Converted(conversion.Id, model?.Id);
        try
        {
            return conversion.Kind is ConversionKind.Import && model is not null
                ? await intake.ReadAdapterAsync(path, name, model, conversion.Template, origin, cancellationToken)
                : await intake.ReadAsync(path, name, conversion.Template ?? model?.Template, origin, cancellationToken);
        }
        catch (ModelRejectedException)
        {
            File.Delete(folder.FullPath(path));
            throw;
        }
    }

    private static string NameOf(Conversion conversion, Model? model) =>
        conversion.Kind is ConversionKind.Quantise ? $"{model!.Name} {conversion.FileType}" : Path.GetFileName(conversion.Source!);
}
