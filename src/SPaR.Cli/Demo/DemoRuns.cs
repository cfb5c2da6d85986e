using System.Text;
using System.Text.Json;
using SPaR.Cli.Commands;
using SPaR.Client;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <summary>Starts runs and trainings for the demo and follows them to their end. If the demo is interrupted it cancels them, so that
/// they do not continue when the service starts again.</summary>
internal sealed class DemoRuns(SparClient client, Terminal terminal, TimeProvider time)
{
    /// <summary>The service's code for a change that the status does not allow.</summary>
    private const string InvalidState = "invalid-state";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);

    /// <summary>Generates instructions of the tiny language and submits them.</summary>
    public async Task<InstructionSet> SubmitAsync(long seed, int count, CancellationToken cancellationToken)
    {
        var instructions = string.Concat(
            new InstructionGenerator(new MicroRandom((ulong)seed)).Take(count)
                .Select(instruction => JsonSerializer.Serialize(new { prompt = instruction.Text }) + "\n"));
        using var lines = new MemoryStream(Encoding.UTF8.GetBytes(instructions));
        return await client.SubmitInstructionSetAsync(lines, name: $"micro-world, seed {seed}", cancellationToken: cancellationToken);
    }

    /// <returns>The run as it ended.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var run = await client.StartRunAsync(request, cancellationToken: cancellationToken);
        terminal.Say($"{request.Name}: run {run.Id}");
        return await OrCancelAsync(
            () => new RunFollower(client, terminal, time).FollowAsync(run.Id, cancellationToken),
            limit => client.CancelRunAsync(run.Id, cancellationToken: limit), cancellationToken);
    }

    /// <summary>Evaluates the models that a run starts from, then cancels the run.</summary>
    /// <returns>Its round 0.</returns>
    /// <exception cref="CommandException">It ended without evaluating them.</exception>
    public async Task<Round> MeasureAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var run = await client.StartRunAsync(request, cancellationToken: cancellationToken);
        terminal.Say($"{request.Name}: run {run.Id}");
        var measured = await OrCancelAsync(
            () => StartingModelsAsync(run.Id, cancellationToken), limit => client.CancelRunAsync(run.Id, cancellationToken: limit),
            cancellationToken);
        try
        {
            await client.CancelRunAsync(run.Id, cancellationToken: cancellationToken);
        }
        catch (SparApiException e) when (e.Code == InvalidState)
        {
            terminal.Say($"run {run.Id} has already ended");
        }

        return measured;
    }

    /// <returns>The trained model's id.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    public async Task<string> TrainAsync(TrainingRunRequest request, CancellationToken cancellationToken)
    {
        var training = await client.StartTrainingRunAsync(request, cancellationToken: cancellationToken);
        terminal.Say($"{request.Name}: training run {training.Id}");
        training = await OrCancelAsync(
            () => EndAsync(training, cancellationToken),
            limit => client.CancelTrainingRunAsync(training.Id, cancellationToken: limit), cancellationToken);
        terminal.Say(TrainCommand.Line(training));
        return training.Result ?? throw new CommandException(
            $"The training run {training.Id} {training.Status}. "
            + (training.Failure?.Message ?? $"See GET /v1/training-runs/{training.Id}."));
    }

    private async Task<Round> StartingModelsAsync(string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var run = await client.GetRunAsync(id, cancellationToken);
            if (run.Rounds.FirstOrDefault(round => round.RoundNumber == 0 && round.Stage == RoundStage.Done) is { } measured)
                return measured;
            if (run.Status.HasEnded())
                throw new CommandException($"The run {id} {run.Status} without evaluating its models. {run.Detail}");
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private async Task<TrainingRun> EndAsync(TrainingRun training, CancellationToken cancellationToken)
    {
        while (!training.Status.HasEnded())
        {
            await Task.Delay(Poll, time, cancellationToken);
            training = await client.GetTrainingRunAsync(training.Id, cancellationToken);
        }

        return training;
    }

    private async Task<T> OrCancelAsync<T>(Func<Task<T>> work, Func<CancellationToken, Task> cancel, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(CancelLimit, time);
            await cancel(limit.Token);
            throw;
        }
    }
}
