using System.Diagnostics;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>Loads models in a process that they may kill, and that is started again then.</summary>
internal sealed class ModelProbe : IDisposable
{
    public const string Computed = "computed";

    private const int LastWords = 500;

    private Process? _process;
    private Task<string> _words = Task.FromResult("");

    /// <returns><see cref="Computed"/>, the error of the model, or <c>died</c> with the process's exit code and last words.</returns>
    public string Load(string model, string? adapter)
    {
        _process ??= Start();
        _process.StandardInput.WriteLine(adapter is null ? model : $"{model}\t{adapter}");
        if (_process.StandardOutput.ReadLine() is { } answer)
            return answer;
        _process.WaitForExit();
        var died = $"died with exit code {_process.ExitCode}: {_words.Result[Math.Max(0, _words.Result.Length - LastWords)..]}";
        _process.Dispose();
        _process = null;
        return died;
    }

    public void Dispose()
    {
        _process?.StandardInput.Close();
        _process?.WaitForExit();
        _process?.Dispose();
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.ModelProbe.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["GGML_NO_BACKTRACE"] = "1" },
        };
        var process = Process.Start(start)!;
        process.StandardInput.AutoFlush = true;
        _words = process.StandardError.ReadToEndAsync();
        return process;
    }
}
