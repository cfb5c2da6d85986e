using System.Runtime.InteropServices;
using System.Text;

namespace SPaR.Llama.Native;

/// <summary>llama.cpp's renderer of the templates that it knows by name.</summary>
internal static unsafe class NativeTemplate
{
    public static string Apply(string name, IReadOnlyList<(string Role, string Content)> messages)
    {
        var strings = messages.SelectMany(m => new[] { m.Role, m.Content }).Append(name).Select(NativeLibraries.Utf8).ToArray();
        var handles = Array.ConvertAll(strings, s => GCHandle.Alloc(s, GCHandleType.Pinned));
        try
        {
            var pointers = Array.ConvertAll(handles, h => h.AddrOfPinnedObject());
            var native = new ChatMessage[messages.Count];
            for (var i = 0; i < native.Length; i++)
                native[i] = new ChatMessage { Role = (byte*)pointers[2 * i], Content = (byte*)pointers[2 * i + 1] };
            var buffer = new byte[1024 + 2 * strings.Sum(s => s.Length)];
            var length = Apply((byte*)pointers[^1], native, buffer);
            if (length > buffer.Length)
                length = Apply((byte*)pointers[^1], native, buffer = new byte[length]);
            return length >= 0
                ? Encoding.UTF8.GetString(buffer, 0, length)
                : throw new InvalidOperationException($"llama.cpp does not know the chat template '{name}'.");
        }
        finally
        {
            foreach (var handle in handles)
                handle.Free();
        }
    }

    public static IReadOnlyList<string> Known()
    {
        var names = new byte*[256];
        fixed (byte** first = names)
        {
            var count = LlamaNative.llama_chat_builtin_templates(first, (nuint)names.Length);
            var known = new List<string>();
            for (var i = 0; i < Math.Min(count, names.Length); i++)
                known.Add(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(names[i])));
            return known;
        }
    }

    private static int Apply(byte* name, ChatMessage[] messages, byte[] buffer)
    {
        fixed (ChatMessage* first = messages)
        fixed (byte* start = buffer)
            return LlamaNative.llama_chat_apply_template(name, first, (nuint)messages.Length, 1, start, buffer.Length);
    }
}
