using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SPaR.Torch.Devices;
using SPaR.Torch.Native;

namespace SPaR.Torch.Training;

/// <summary>How a training process ends.</summary>
public enum TrainingEnd
{
    /// <summary>The trained model is in the folder.</summary>
    Finished,

    /// <summary>Stopped on request, with a checkpoint. A restarted process resumes from it.</summary>
    Stopped,

    /// <summary>The reason is in <see cref="TrainingFolder.Failure"/>, or in the log if another process uses the folder.</summary>
    Failed,
}

/// <summary>The training process on one folder (<see cref="TrainingFolder"/>): reads the job, resumes from the newest checkpoint, and
/// writes a model or the reason for its failure. Knows no database and no service.</summary>
public static class Trainer
{
    /// <param name="cancellationToken">Stops the run with a checkpoint, as the file <see cref="TrainingFolder.Stop"/> does.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. A run may resume from its checkpoint on another device.</param>
    public static TrainingEnd Run(string folder, ILogger logger, CancellationToken cancellationToken, string device = "cpu")
    {
        if (!Directory.Exists(folder))
        {
            logger.FolderNotFound(folder);
            return TrainingEnd.Failed;
        }
        using var lockFile = Lock(folder);
        if (lockFile is null)
        {
            // The folder, with its failure file, belongs to the other process.
            logger.FolderInUse(folder);
            return TrainingEnd.Failed;
        }
        try
        {
            File.Delete(Path.Combine(folder, TrainingFolder.Failure));
            Libtorch.Load();
            FreedMemory.Keep();
            return OnOneThread(() => TrainOn(folder, device, logger, cancellationToken));
        }
        // The job ends here: any failure is recorded for whoever asked for it.
        catch (Exception e)
        {
            var failure = AsFailure(e);
            logger.TrainingFailed(e, failure.Code, failure.Message);
            File.WriteAllText(Path.Combine(folder, TrainingFolder.Failure),
                JsonSerializer.Serialize(new FailureFile(failure.Code, failure.Message, failure.Row), TrainingJson.Options));
            return TrainingEnd.Failed;
        }
    }

    /// <returns>Why training cannot run on a device in this process, and what to do; null if it can.</returns>
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

    private static TrainingEnd TrainOn(string folder, string device, ILogger logger, CancellationToken cancellationToken)
    {
        var plan = TrainingPlan.Read(folder);
        if (TrainingResult.Exists(plan))
            return TrainingEnd.Finished;
        using var session = TrainingSession.Open(plan, ComputeDevice.Of(device), logger);
        return session.Train(cancellationToken);
    }

    /// <returns>Null while another process uses the folder. The system releases the lock of a killed process.</returns>
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

    /// <summary>Dispose scopes and gradient recording belong to a thread, so one thread runs everything.</summary>
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
            // Not swallowed: rethrown on the waiting thread.
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
            $"Reading or writing a file failed: {e.Message} Correct that, then resume.", inner: e),
        _ => new TrainingFailureException(FailureCode.Internal,
            $"{e.GetType().Name}: {e.Message} This is a bug in SPaR; report it with the stack trace in the process's log.", inner: e),
    };

    private sealed record FailureFile(string Code, string Message, string? Row);
}
