using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Backend;

namespace SPaR.Llama.Native;

/// <summary>Finds and loads llama.cpp's shared libraries, at the first use and once for the process: a process that only inspects
/// model files never loads them.</summary>
internal static class NativeLibraries
{
    /// <summary>The names that <see cref="LlamaNative"/> imports from.</summary>
    public const string Llama = "llama", Ggml = "ggml";

    private static readonly Lock Gate = new();
    private static string? _folder;

    /// <param name="nativePath">The folder with the libraries, or null for the one beside the program.</param>
    /// <exception cref="NativeLibraryMissingException">They are not there, or do not load on this machine.</exception>
    public static void Load(string? nativePath, ILogger logger)
    {
        var folder = Path.GetFullPath(nativePath ?? Path.Combine(AppContext.BaseDirectory, "natives", "llama"));
        lock (Gate)
        {
            if (_folder is not null)
            {
                if (_folder != folder)
                    throw new InvalidOperationException(
                        $"llama.cpp is already loaded from {_folder}; a process cannot load {folder} too. Set Llama:NativePath once.");
                return;
            }
            var libraries = new Dictionary<string, nint> { [Ggml] = Open(folder, Ggml), [Llama] = Open(folder, Llama) };
            NativeLibrary.SetDllImportResolver(
                typeof(NativeLibraries).Assembly, (name, _, _) => libraries.GetValueOrDefault(name));
            // From here on nothing fails in a way that a second call could mend.
            _folder = folder;
            Start(folder, logger);
        }
    }

    private static unsafe void Start(string folder, ILogger logger)
    {
        LlamaLog.Logger = logger;
        LlamaNative.llama_log_set(&Hear, null);
        // The arithmetic for this machine's processor is chosen here; it must precede the first model.
        LlamaNative.ggml_backend_load_all_from_path(folder);
        LlamaNative.llama_backend_init();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void Hear(int level, byte* text, void* userData) =>
        LlamaLog.Write(level, Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)));

    private static nint Open(string folder, string name)
    {
        var path = Find(folder, name);
        return NativeLibrary.TryLoad(path, Assembly.GetExecutingAssembly(), DllImportSearchPath.AssemblyDirectory, out var handle)
            ? handle
            : throw new NativeLibraryMissingException(
                $"{path} is there but does not load on this machine (it needs glibc and libstdc++ on x64). "
                + "Run ./spar setup to install it again.");
    }

    /// <summary>The release is part of the name, and so is CUDA in the build for it, which wins where both are.</summary>
    public static string Find(string folder, string name)
    {
        string[] patterns = Directory.Exists(folder) ? [$"lib{name}.cuda.v*.so", $"lib{name}.v*.so"] : [];
        return patterns.SelectMany(p => Directory.GetFiles(folder, p).OrderDescending(StringComparer.Ordinal)).FirstOrDefault()
            ?? throw new NativeLibraryMissingException(
                $"The llama.cpp library lib{name}.v*.so is not in {folder}. "
                + "Run ./spar setup, or set Llama:NativePath to the folder that has it.");
    }

    /// <summary>A null-terminated UTF-8 string.</summary>
    public static byte[] Utf8(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
