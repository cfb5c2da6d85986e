using System.Runtime.InteropServices;
using System.Text;
using LLama;
using LLama.Abstractions;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace SPaR.Llama.Binding;

/// <summary>llama.cpp's native libraries. LLamaSharp chooses those for this CPU from its backend package and loads them once per
/// process.</summary>
internal static class LlamaLibrary
{
    private static readonly Lock Gate = new();
    private static bool _loaded;
    private static NativeLibraryMissingException? _failed;

    /// <summary>Whether the libraries support a GPU and there is one.</summary>
    public static bool HasGpu => NativeApi.llama_supports_gpu_offload();

    /// <summary>Call this before anything else of llama.cpp. Later calls do nothing.</summary>
    /// <exception cref="NativeLibraryMissingException">A library is missing or does not load.</exception>
    public static void Load(ILogger logger)
    {
        lock (Gate)
        {
            if (_loaded)
                return;
            // LLamaSharp tries only once per process.
            if (_failed is not null)
                throw new NativeLibraryMissingException(_failed.Message, _failed);
            LlamaLog.Logger = logger;
            var policy = new PackagedLibraries();
            NativeLibraryConfig.LLama
                // With auto-fallback, LLamaSharp would end up with whatever libllama the system has, and misread its structs. Without it,
                // LLamaSharp tries the CPU libraries only if a GPU backend is switched off.
                .WithAutoFallback(false)
                .WithVulkan(false)
                // Otherwise LLamaSharp searches the current directory first.
                .WithSearchDirectory(AppContext.BaseDirectory)
                .WithSelectingPolicy(policy)
                .WithLogCallback((level, text) => LlamaLog.Write((int)level, text));
            try
            {
                NativeApi.llama_empty_call();
            }
            catch (TypeInitializationException e)
            {
                throw _failed = policy.Explain(e);
            }
            _loaded = true;
        }
    }

    /// <summary>Renders the messages and the opening of the assistant's answer.</summary>
    /// <param name="template">Always a name, never the text of a template: llama.cpp would guess the format of a text.</param>
    /// <exception cref="InvalidOperationException">llama.cpp knows no template of this name.</exception>
    public static string Render(string template, IReadOnlyList<(string Role, string Content)> messages)
    {
        var rendered = new LLamaTemplate(template) { AddAssistant = true };
        foreach (var (role, content) in messages)
            rendered.Add(role, content);
        try
        {
            return Encoding.UTF8.GetString(rendered.Apply());
        }
        catch (MissingTemplateException e)
        {
            throw new InvalidOperationException($"llama.cpp does not know the chat template '{template}'. Use another.", e);
        }
    }

    /// <summary>LLamaSharp's own choice of libraries. Remembers them, so that an error can name the file; LLamaSharp's does not.</summary>
    private sealed class PackagedLibraries : INativeLibrarySelectingPolicy
    {
        private readonly List<string> _tried = [];

        public IEnumerable<INativeLibrary> Apply(
            NativeLibraryConfig.Description description, SystemInfo systemInfo, NativeLogConfig.LLamaLogCallback? logCallback)
        {
            foreach (var library in new DefaultNativeLibrarySelectingPolicy().Apply(description, systemInfo, logCallback))
            {
                _tried.AddRange(library.Prepare(systemInfo, logCallback).Select(path => Path.Combine(AppContext.BaseDirectory, path)));
                yield return library;
            }
        }

        public NativeLibraryMissingException Explain(TypeInitializationException failure)
        {
            if ((_tried.Find(File.Exists) ?? _tried.LastOrDefault()) is not { } llama)
                return new($"LLamaSharp has no llama.cpp library for this system. {failure.InnerException?.Message}", failure);
            // Each needs those before it.
            foreach (var name in new[] { "ggml-base", "ggml-cpu", "ggml", "llama" })
            {
                var library = Path.Combine(
                    Path.GetDirectoryName(llama)!, Path.GetFileName(llama).Replace("llama", name, StringComparison.Ordinal));
                if (!File.Exists(library))
                    return new(
                        $"The llama.cpp library {library} is missing; it comes with the package LLamaSharp.Backend. "
                        + "Build the program again, and copy its whole output folder.", failure);
                try
                {
                    NativeLibrary.Load(library);
                }
                catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
                {
                    // The last line comes from the system; those before it are .NET's general advice.
                    var reason = e.Message.TrimEnd().Split('\n')[^1];
                    return new(
                        $"The llama.cpp library {library} does not load: {reason}. Install what is missing (libgomp.so.1 is in the package "
                        + "libgomp1 of Debian and Ubuntu), or build the program again for this machine.", failure);
                }
            }
            return new($"The llama.cpp library {llama} does not load: {failure.InnerException?.Message}", failure);
        }
    }
}
