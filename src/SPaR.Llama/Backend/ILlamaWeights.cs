using SPaR.Abstractions;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Backend;

/// <summary>A loaded model; the contexts made of it keep it alive.</summary>
internal interface ILlamaWeights : IDisposable
{
    ITokens Tokens { get; }

    /// <summary>The context that it was trained with, in tokens.</summary>
    int TrainedContext { get; }

    /// <summary>Of attention, by layer; 0 of a vocabulary, which has no layers.</summary>
    int Heads { get; }

    int Layers { get; }

    /// <summary>Number of weights.</summary>
    ulong Parameters { get; }

    /// <summary>The tensors that llama.cpp loaded.</summary>
    long Bytes { get; }

    /// <summary>Taken by whoever changes or reads llama.cpp's list of the model's adapters: loading and freeing one, and making a
    /// context, whose graph has room for all of them.</summary>
    Lock Adapters { get; }

    /// <summary>Makes a context with the file's adapter, if it has one.</summary>
    /// <exception cref="ModelRejectedException">llama.cpp refused; the message carries its first error line.</exception>
    ILlamaContext MakeContext(ContextSettings settings);
}

/// <param name="File">Its adapter is applied to all that is evaluated; its path is for messages.</param>
/// <param name="Threads">That evaluate a batch.</param>
/// <param name="Abort">Stops an evaluation.</param>
/// <param name="Exact">Keys and values in F32, and attention without short cuts: llama.cpp at its most exact, slower and larger.</param>
internal sealed record ContextSettings(ModelFile File, ContextShape Shape, int Threads, AbortFlag Abort, bool Exact);
