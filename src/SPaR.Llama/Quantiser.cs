using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using SPaR.Llama.Binding;

namespace SPaR.Llama;

/// <summary>Makes a model's weights smaller, by llama.cpp's own quantiser. Runs in a process of its own: llama.cpp aborts on some
/// files.</summary>
public static partial class Quantiser
{
    /// <param name="type">One of <see cref="ConversionOrder.FileTypes"/>, for most weights; llama.cpp keeps some in a larger one.</param>
    /// <param name="target">Exists completely afterwards, or not at all.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <exception cref="ModelRejectedException"><c>quantisation-failed</c>: llama.cpp refused the model.</exception>
    /// <exception cref="NativeLibraryMissingException">llama.cpp's libraries are missing or do not load.</exception>
    public static void Run(string path, string type, string target, Action<double> progress, ILogger logger)
    {
        LlamaLibrary.Load(logger);
        var temporary = target + ".writing";
        LlamaLog.Reset();
        LlamaLog.Listen(line => Report(line, progress));
        try
        {
            if (!LlamaQuantiser.Run(path, temporary, type))
                throw new ModelRejectedException(
                    "quantisation-failed", $"{path}: llama.cpp cannot quantise it to {type}: {LlamaLog.FirstError}. Use another type.");
            DurableFile.Flush(temporary);
            File.Move(temporary, target);
            DurableFile.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(target))!);
        }
        finally
        {
            LlamaLog.Listen(null);
            File.Delete(temporary);
        }
    }

    /// <summary>llama.cpp logs a line for each tensor: <c>[  12/ 291] blk.1.attn_q.weight …</c></summary>
    private static void Report(string line, Action<double> progress)
    {
        if (TensorLine().Match(line) is { Success: true } match)
            progress(Number(match.Groups[1]) / Number(match.Groups[2]));

        static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^\[ *(\d+)/ *([1-9]\d*)\]")]
    private static partial Regex TensorLine();
}
