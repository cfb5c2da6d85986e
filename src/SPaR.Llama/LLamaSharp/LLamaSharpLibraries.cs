using System.Runtime.InteropServices;
using System.Text;
using LLama.Native;
using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Backend;

namespace SPaR.Llama.LLamaSharp;

/// <summary>Lets LLamaSharp find and load llama.cpp's libraries, at the first use and once for the process, and sees that they are
/// those that it was made for.</summary>
internal static class LLamaSharpLibraries
{
    private static readonly Lock Gate = new();
    private static string? _folder;
    private static NativeLibraryMissingException? _failed;

    /// <param name="nativePath">The folder with the libraries, or null for those of the backend package.</param>
    /// <exception cref="NativeLibraryMissingException">They are not there, do not load on this machine, or are of another
    /// release.</exception>
    public static void Load(string? nativePath, ILogger logger)
    {
        var folder = Path.GetFullPath(nativePath ?? AppContext.BaseDirectory);
        lock (Gate)
        {
            if (_folder is not null)
            {
                if (_folder != folder)
                    throw new InvalidOperationException(
                        $"llama.cpp is already loaded from {_folder}; a process cannot load {folder} too. Set Llama:NativePath once.");
                return;
            }
            // LLamaSharp does not try again in the same process.
            if (_failed is not null)
                throw new NativeLibraryMissingException(_failed.Message, _failed);
            LlamaLog.Logger = logger;
            if (nativePath is null)
                NativeLibraryConfig.LLama.WithSearchDirectory(folder);
            else
                NativeLibraryConfig.LLama.WithLibrary(Prepare(folder));
            NativeLibraryConfig.LLama.WithLogCallback((level, text) => LlamaLog.Write((int)level, text));
            try
            {
                Start();
            }
            catch (NativeLibraryMissingException e)
            {
                _failed = e;
                throw;
            }
            _folder = folder;
        }
    }

    /// <summary>Where the arithmetic for each kind of processor is a library of its own, it is chosen and loaded here; LLamaSharp knows the
    /// layout of its own packages only.</summary>
    /// <returns>The path of the library that LLamaSharp is to load.</returns>
    private static unsafe string Prepare(string folder)
    {
        var (ggml, llama) = (Find(folder, "libggml.so"), Find(folder, "libllama.so"));
        if (!NativeLibrary.TryLoad(ggml, out var library))
            throw new NativeLibraryMissingException(
                $"{ggml} is there but does not load on this machine. Take a build for it, or leave Llama:NativePath out.");
        fixed (byte* path = Encoding.UTF8.GetBytes(folder + "\0"))
            ((delegate* unmanaged[Cdecl]<byte*, void>)NativeLibrary.GetExport(library, "ggml_backend_load_all_from_path"))(path);
        return llama;
    }

    /// <exception cref="NativeLibraryMissingException">It is not there.</exception>
    public static string Find(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path)
            ? path
            : throw new NativeLibraryMissingException(
                $"The llama.cpp library {name} is not in {folder}. Set Llama:NativePath to the folder that has it, or leave it out.");
    }

    private static void Start()
    {
        try
        {
            // LLamaSharp loads them when its first function is called, and only once.
            NativeApi.llama_empty_call();
        }
        catch (TypeInitializationException e)
        {
            throw new NativeLibraryMissingException(
                "LLamaSharp's llama.cpp libraries do not load. Build with a backend package for this machine "
                + "(./spar --llama llamasharp --llama-backend Cpu or Cuda12), or set Llama:NativePath to a folder that has them.", e);
        }
        ReleaseCheck.Run();
    }
}
