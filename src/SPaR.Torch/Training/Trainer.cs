using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Torch.Devices;
using SPaR.Torch.Native;

namespace SPaR.Torch.Training;

/// <summary>How a training process ends.</summary>
public enum TrainingEnd
{
    /// <summary>The trained model stands in the folder.</summary>
    Finished,

    /// <summary>On request, with a checkpoint; started again, it goes on from there.</summary>
    Stopped,

    /// <summary>The reason stands in <see cref="TrainingFolder.Failure"/>, or in the log where the folder is another process's.</summary>
    Failed,
}

/// <summary>The training process on one folder (<see cref="TrainingFolder"/>): reads the job, goes on from the newest checkpoint,
/// and leaves a model or a reason. Knows no database and no service.</summary>
public static class Trainer
{
    /// <param name="cancellation">Asks for a checkpoint and an early end, as the file <see cref="TrainingFolder.Stop"/> does.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. A run may go on from its checkpoint on another one.</param>
    public static TrainingEnd Run(string folder, ILogger logger, CancellationToken cancellation, string device = "cpu")
    {
        if (!Directory.Exists(folder))
        {
            logger.NoFolder(folder);
            return TrainingEnd.Failed;
        }
        using var owned = Lock(folder);
        if (owned is null)
        {
            // The folder, and with it the file for failures, is the other process's.
            logger.FolderInUse(folder);
            return TrainingEnd.Failed;
        }
        try
        {
            File.Delete(Path.Combine(folder, TrainingFolder.Failure));
            Libtorch.Load();
            FreedMemory.Keep();
            return OnOneThread(() => TrainOn(folder, device, logger, cancellation));
        }
        // The job ends here: whatever went wrong is written down for the one who asked for it.
        catch (Exception e)
        {
            var failure = AsFailure(e);
            logger.TrainingFailed(e, failure.Code, failure.Message);
            File.WriteAllText(Path.Combine(folder, TrainingFolder.Failure),
                JsonSerializer.Serialize(new FailureFile(failure.Code, failure.Message, failure.Row), TrainingJson.Options));
            return TrainingEnd.Failed;
        }
    }

    /// <returns>Why training cannot run on a device in this process, and what to do; null where it can.</returns>
    public static string? Refusal(string device)
    {
        try
        {
            Libtorch.Prepare(AppContext.BaseDirectory);
            return ComputeDevice.Refusal(device);
        }
        catch (NativeLibraryMissingException e)
        {
            return e.Message;
        }
    }

    private static TrainingEnd TrainOn(string folder, string device, ILogger logger, CancellationToken cancellation)
    {
        var plan = TrainingPlan.Read(folder);
        if (TrainingResult.Exists(plan))
            return TrainingEnd.Finished;
        using var session = TrainingSession.Open(plan, ComputeDevice.Of(device), logger);
        return session.Train(cancellation);
    }

    /// <returns>Null while another process holds the folder. The system frees the lock of a process that was killed.</returns>
    private static FileStream? Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, TrainingFolder.Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Scopes and the recording of gradients belong to a thread, so that one thread does it all.</summary>
    private static TrainingEnd OnOneThread(Func<TrainingEnd> train)
    {
        var end = TrainingEnd.Failed;
        ExceptionDispatchInfo? thrown = null;
        var thread = new Thread(() =>
        {
            try
            {
                end = train();
            }
            // Not swallowed: thrown again on the thread that waits.
            catch (Exception e)
            {
                thrown = ExceptionDispatchInfo.Capture(e);
            }
        })
        { Name = "training" };
        thread.Start();
        thread.Join();
        thrown?.Throw();
        return end;
    }

    private static TrainingFailureException AsFailure(Exception e) => e switch
    {
        TrainingFailureException known => known,
        ModelRejectedException rejected => new TrainingFailureException(FailureCode.BadModel, rejected.Message, inner: e),
        NativeLibraryMissingException missing => new TrainingFailureException(FailureCode.NativeMissing, missing.Message, inner: e),
        IOException or UnauthorizedAccessException => new TrainingFailureException(FailureCode.Files,
            $"A file could not be read or written: {e.Message} Put that right, then resume.", inner: e),
        _ => new TrainingFailureException(FailureCode.Internal,
            $"{e.GetType().Name}: {e.Message} This is a fault of SPaR; the process's log has the stack.", inner: e),
    };

    private sealed record FailureFile(string Code, string Message, string? Row);
}
