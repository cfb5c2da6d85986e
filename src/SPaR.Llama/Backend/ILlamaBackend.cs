using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Backend;

/// <summary>The way to llama.cpp. Which one is compiled in says <c>Llama</c> in <c>Directory.Build.props</c>.</summary>
internal interface ILlamaBackend
{
    /// <summary>Loads the libraries, once for the process; nothing else may be called before. Again is nothing.</summary>
    /// <param name="nativePath">The folder with the libraries, or null for those that came with the program.</param>
    /// <exception cref="NativeLibraryMissingException">They are not there, or do not load on this machine.</exception>
    /// <exception cref="InvalidOperationException">Others are loaded already.</exception>
    void Load(string? nativePath, ILogger logger);

    /// <summary>Whether a process evaluates one batch at a time, however many models it has loaded.</summary>
    bool OneAtATime { get; }

    /// <summary>Whether the libraries compute on a graphics processor, and there is one.</summary>
    bool HasGpu { get; }

    /// <summary>How its release of llama.cpp sets memory aside.</summary>
    StepReserve Reserve { get; }

    /// <summary>Reads a model and looks over every weight of it, so that a damaged file is refused here and not found out in the middle of
    /// a run.</summary>
    /// <param name="gpuLayers">How many layers, from the last on, go to a graphics processor; null for all. Without one all are computed
    /// here.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused the file; the message carries its first error line.</exception>
    ILlamaWeights OpenWeights(string path, int? gpuLayers = null);

    /// <summary>Leaves the weights in the file: it tokenises and no more.</summary>
    /// <exception cref="ModelRejectedException">llama.cpp refused the file; the message carries its first error line.</exception>
    ILlamaWeights OpenVocabulary(string path);

    /// <summary>Renders the messages and what opens the assistant's answer.</summary>
    /// <param name="template">Always a name, never a template's text: given a text, llama.cpp would guess.</param>
    /// <exception cref="InvalidOperationException">llama.cpp knows no template of this name.</exception>
    string Render(string template, IReadOnlyList<(string Role, string Content)> messages);

    /// <summary>The names of the templates that llama.cpp knows.</summary>
    IReadOnlyList<string> Templates { get; }
}
