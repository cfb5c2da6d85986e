using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Scheduling;

namespace SPaR.Llama.Processes;

/// <summary>The inside of an engine process: answers each question as it can, until its input ends.</summary>
public sealed class EngineServer
{
    private readonly Stream _out;
    private readonly ITextModel _model;
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _running = [];
    private readonly ConcurrentDictionary<long, IPrefixLease> _trunks = [];

    private EngineServer(Stream output, ITextModel model) => (_out, _model) = (output, model);

    /// <param name="input">What is asked; its end ends the server.</param>
    /// <param name="output">What is answered; nobody else may write to it.</param>
    /// <exception cref="InvalidDataException">The first message is neither a check nor a load.</exception>
    public static async Task RunAsync(Stream input, Stream output, ILoggerFactory logging)
    {
        if (await Task.Run(() => Frames.Read<Ask>(input)) is not { } first)
            return;
        if (first is not (CheckAsk or LoadAsk))
            throw new InvalidDataException("The first message must ask for a check or for a model to be loaded.");
        LlamaModel? model;
        Answer answer;
        try
        {
            (model, answer) = Begin(first, logging.CreateLogger<LlamaModel>());
        }
        catch (Exception e)
        {
            // The asking process throws it again. For another attempt it starts another process.
            (model, answer) = (null, Failed.Of(first.Id, e));
        }
        Frames.Write(output, answer);
        if (model is null)
            return;
        await using var loaded = model;
        await Task.Factory.StartNew(
            () => new EngineServer(output, model).Read(input), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private static (LlamaModel? Model, Answer Answer) Begin(Ask first, ILogger logger)
    {
        if (first is not LoadAsk load)
        {
            LlamaLibrary.Load(logger);
            return (null, new Ready(first.Id));
        }
        var model = LlamaModel.Load(load.File, load.Options, logger, load.Others);
        return (model, new Loaded(load.Id, model.ContextTokens, model.Sequences, model.Plan, model.MappedBytes));
    }

    private void Read(Stream input)
    {
        while (Frames.Read<Ask>(input) is { } ask)
            switch (ask)
            {
                case CancelAsk when _running.TryGetValue(ask.Id, out var running):
                    Cancel(running);
                    break;
                case CancelAsk:
                    // It has been answered meanwhile.
                    break;
                case KeepAsk keep:
                    if (_trunks.TryGetValue(keep.Id, out var kept))
                        kept.Keep(keep.Sample);
                    break;
                case ReleaseAsk:
                    if (_trunks.TryRemove(ask.Id, out var released))
                        released.Dispose();
                    break;
                default:
                    // Known before the next message is read, which may cancel it.
                    var stop = _running[ask.Id] = new();
                    _ = Task.Run(() => ServeAsync(ask, stop));
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
            // It is being answered at this moment.
        }
    }

    private async Task ServeAsync(Ask ask, CancellationTokenSource stop)
    {
        Answer answer;
        try
        {
            answer = await AnswerAsync(ask, stop.Token);
        }
        catch (Exception e)
        {
            // Whatever it is, it ends this request and is thrown again where it was made.
            answer = Failed.Of(ask.Id, e);
        }
        _running.TryRemove(ask.Id, out _);
        stop.Dispose();
        lock (_writing)
            Frames.Write(_out, answer);
    }

    private async Task<Answer> AnswerAsync(Ask ask, CancellationToken cancellationToken)
    {
        switch (ask)
        {
            case GenerateAsk generate:
                var result = await _model.GenerateAsync(generate.Request, cancellationToken);
                if (result.Prefix is { } prefix)
                    _trunks[ask.Id] = prefix;
                return new Generated(ask.Id, result.Samples, result.Usage, result.Prefix is not null);
            case ScoreAsk score:
                return new Scored(ask.Id, await _model.ScoreAsync(score.Request, cancellationToken));
            case TokenizeAsk tokenize:
                return new Encoded(ask.Id, _model.Tokenize(tokenize.Text));
            case EncodeAsk encode:
                return new Encoded(ask.Id, _model.Encode(encode.Prompt));
            case EncodeAnswerAsk encode:
                return new AnswerEncoded(ask.Id, _model.EncodeAnswer(encode.Prompt, encode.Answer));
            default:
                throw new InvalidDataException($"{ask.GetType().Name} cannot be asked of a loaded model.");
        }
    }
}
