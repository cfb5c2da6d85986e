using System.Runtime.InteropServices;

namespace SPaR.Llama.Native;

/// <summary>The functions of llama.h that this project calls, under their own names. Knows no rules: the guards against calls that
/// abort the process stand in <see cref="Backend.LlamaContext"/>.</summary>
internal static unsafe partial class LlamaNative
{
    [LibraryImport(NativeLibraries.Ggml, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void ggml_backend_load_all_from_path(string folder);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, void* userData);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_backend_init();

    [LibraryImport(NativeLibraries.Llama)]
    public static partial byte llama_supports_gpu_offload();

    [LibraryImport(NativeLibraries.Llama)]
    public static partial ModelParams llama_model_default_params();

    [LibraryImport(NativeLibraries.Llama)]
    public static partial ContextParams llama_context_default_params();

    [LibraryImport(NativeLibraries.Llama, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint llama_model_load_from_file(string path, ModelParams parameters);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_model_free(nint model);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial nint llama_model_get_vocab(nint model);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_model_n_ctx_train(nint model);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_model_n_head(nint model);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_model_n_layer(nint model);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial ulong llama_model_n_params(nint model);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial ulong llama_model_size(nint model);

    [LibraryImport(NativeLibraries.Llama, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint llama_adapter_lora_init(nint model, string path);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_adapter_lora_free(nint adapter);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_set_adapters_lora(nint context, nint* adapters, nuint count, float* scales);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial nint llama_init_from_model(nint model, ContextParams parameters);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_free(nint context);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial uint llama_n_ctx(nint context);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial nint llama_get_memory(nint context);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_memory_clear(nint memory, byte data);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial byte llama_memory_seq_rm(nint memory, int sequence, int from, int to);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial void llama_memory_seq_cp(nint memory, int source, int destination, int from, int to);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_memory_seq_pos_max(nint memory, int sequence);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_decode(nint context, NativeBatch batch);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial float* llama_get_logits_ith(nint context, int index);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_vocab_n_tokens(nint vocab);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_vocab_bos(nint vocab);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial byte llama_vocab_get_add_bos(nint vocab);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial byte llama_vocab_is_eog(nint vocab, int token);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_vocab_get_attr(nint vocab, int token);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_tokenize(
        nint vocab, byte* text, int length, int* tokens, int capacity, byte addSpecial, byte parseSpecial);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_token_to_piece(nint vocab, int token, byte* text, int capacity, int stripSpaces, byte renderSpecial);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_chat_apply_template(
        byte* template, ChatMessage* messages, nuint count, byte addAssistant, byte* buffer, int capacity);

    [LibraryImport(NativeLibraries.Llama)]
    public static partial int llama_chat_builtin_templates(byte** names, nuint capacity);
}
