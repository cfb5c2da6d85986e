using System.Globalization;
using System.Text.Json;
using SPaR.Abstractions;
using SPaR.HuggingFace;
using SPaR.Llama;
using SPaR.Llama.Processes;

namespace SPaR.Host;

/// <summary>The process of one conversion, <c>--role convert</c>, as <see cref="ConversionOrder"/> says. No database, no HTTP. It ends when
/// its input closes, and so with the worker.</summary>
internal static class ConvertRole
{
    private const double LeastStep = 0.01;

    public static async Task<int> RunAsync()
    {
        await using var output = ReplyPipe.Take();
        await using var lines = new StreamWriter(output) { AutoFlush = true };
        using var input = new StreamReader(Console.OpenStandardInput());
        using var logging = LoggerFactory.Create(l => l.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        var order = JsonSerializer.Deserialize<ConversionOrder>(await input.ReadLineAsync() ?? "null")
            ?? throw new StartupException("--role convert needs an order on its standard input.");
        var shown = 0.0;
        // llama.cpp's quantiser cannot be cancelled, so a closed input ends the process; what it has written is only temporary.
        _ = EndWithInputAsync(input);
        try
        {
            Run(order, Report, logging.CreateLogger("SPaR.Llama"));
            await lines.WriteLineAsync(ConversionOrder.Done);
            return 0;
        }
        catch (Exception e) when (e is ModelRejectedException or NativeLibraryMissingException or IOException
            or UnauthorizedAccessException)
        {
            var code = e switch
            {
                ModelRejectedException rejected => rejected.Code,
                NativeLibraryMissingException => "native-library-missing",
                _ => "disk",
            };
            await lines.WriteLineAsync(JsonSerializer.Serialize(new ConversionFault(code, e.Message)));
            return 1;
        }

        void Report(double share)
        {
            if (share - shown < LeastStep)
                return;
            shown = share;
            lines.WriteLine(share.ToString("0.000", CultureInfo.InvariantCulture));
        }
    }

    private static void Run(ConversionOrder order, Action<double> progress, ILogger logger)
    {
        switch (order)
        {
            case { Kind: ConversionKind.Quantise, FileType: { } type }:
                Quantiser.Run(order.Source, type, order.Target, progress, logger);
                break;
            case { Kind: ConversionKind.Import } when PeftImport.IsAdapter(order.Source):
                PeftImport.Run(
                    order.Source, order.Base ?? throw new ModelRejectedException(
                        "base-missing", $"{order.Source}: has an adapter. Name its base as model."), order.Target);
                break;
            case { Kind: ConversionKind.Import, Base: not null }:
                throw new ModelRejectedException(
                    "not-an-adapter", $"{order.Source}: has no adapter_config.json, so it is no adapter. Import it without model.");
            case { Kind: ConversionKind.Import }:
                HuggingFaceImport.Run(order.Source, order.Target, progress);
                break;
            case { Base: { } model }:
                PeftExport.Run(order.Source, model, order.Target);
                break;
            default:
                HuggingFaceExport.Run(order.Source, order.Target, progress);
                break;
        }
    }

    private static async Task EndWithInputAsync(TextReader input)
    {
        while (await input.ReadLineAsync() is not null)
            continue;
        Environment.Exit(1);
    }
}
