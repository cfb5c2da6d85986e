using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SPaR.Llama.Binding;
using SPaR.Llama.Models;

namespace SPaR.Llama.Processes;

/// <summary>The inside of an engine process: replies to calls until its input ends.</summary>
public sealed class EngineServer
{
    private readonly Stream _out;
    private readonly ITextModel _model;
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _running = [];
    private readonly ConcurrentDictionary<long, IPrefixLease> _leases = [];

    private EngineServer(Stream output, ITextModel model) => (_out, _model) = (output, model);

    /// <param name="input">The calls; its end ends the server.</param>
    /// <param name="output">The replies; nobody else may write to it.</param>
    /// <exception cref="InvalidDataException">The first message is neither a check nor a load.</exception>
    public static async Task RunAsync(Stream input, Stream output, ILoggerFactory logging)
    {
        if (await Task.Run(() => Frames.Read<Call>(input)) is not { } first)
            return;
        if (first is not (CheckCall or LoadCall))
            throw new InvalidDataException("The first message must be a check or a load.");
        LlamaModel? model;
        Reply reply;
        try
        {
            (model, reply) = Start(first, logging.CreateLogger<LlamaModel>());
        }
        catch (Exception e)
        {
            // The calling process rethrows it, and starts another process to try again.
            (model, reply) = (null, Failed.Of(first.Id, e));
        }
        Frames.Write(output, reply);
        if (model is null)
            return;
        await using var loaded = model;
        await Task.Factory.StartNew(
            () => new EngineServer(output, model).Read(input), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private static (LlamaModel? Model, Reply Reply) Start(Call first, ILogger logger)
    {
        if (first is not LoadCall load)
        {
            LlamaLibrary.Load(logger);
            return (null, new Ready(first.Id));
        }
        var model = LlamaModel.Load(load.File, load.Options, logger, load.Others);
        return (model, new Loaded(load.Id, model.ContextTokens, model.Sequences, model.Plan, model.MappedBytes));
    }

    private void Read(Stream input)
    {
        while (Frames.Read<Call>(input) is { } call)
            switch (call)
            {
                case CancelCall when _running.TryGetValue(call.Id, out var running):
                    Cancel(running);
                    break;
                case CancelCall:
                    // The call has been replied to already.
                    break;
                case KeepCall keep:
                    if (_leases.TryGetValue(keep.Id, out var kept))
                        kept.Keep(keep.Sample);
                    break;
                case ReleaseCall:
                    if (_leases.TryRemove(call.Id, out var released))
                        released.Dispose();
                    break;
                default:
                    // Registered before the next message is read, which may cancel it.
                    var stop = _running[call.Id] = new();
                    _ = Task.Run(() => ServeAsync(call, stop));
                    break;
            }
    }

    private static void Cancel(CancellationTokenSource running)
    {
        try
        {
            running.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Its reply is being written.
        }
    }

    private async Task ServeAsync(Call call, CancellationTokenSource stop)
    {
        Reply reply;
        try
        {
            reply = await ReplyAsync(call, stop.Token);
        }
        catch (Exception e)
        {
            // Any exception ends this call only; the caller rethrows it.
            reply = Failed.Of(call.Id, e);
        }
        _running.TryRemove(call.Id, out _);
        stop.Dispose();
        Write(reply);
    }

    private void Write(Reply reply)
    {
        lock (_writing)
            Frames.Write(_out, reply);
    }

    private async Task<Reply> ReplyAsync(Call call, CancellationToken cancellationToken)
    {
        switch (call)
        {
            case GenerateCall generate:
                var request = generate.Request with { Progress = new ProgressWriter(this, call.Id) };
                var result = await _model.GenerateAsync(request, cancellationToken);
                if (result.Prefix is { } lease)
                    _leases[call.Id] = lease;
                return new Generated(call.Id, result.Samples, result.Usage, result.Prefix is not null);
            case ScoreCall score:
                return new Scored(call.Id, await _model.ScoreAsync(score.Request, cancellationToken));
            case TokenizeCall tokenize:
                return new Encoded(call.Id, _model.Tokenize(tokenize.Text));
            case EncodeCall encode:
                return new Encoded(call.Id, _model.Encode(encode.Prompt));
            case EncodeAnswerCall encode:
                return new AnswerEncoded(call.Id, _model.EncodeAnswer(encode.Prompt, encode.Answer));
            default:
                throw new InvalidDataException($"{call.GetType().Name} is not a call to a loaded model.");
        }
    }

    private sealed class ProgressWriter(EngineServer server, long id) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => server.Write(new Progressed(id, value));
    }
}
