using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SPaR.Llama.Binding;

/// <summary>Stops an evaluation, from any thread: llama.cpp reads the flag before each operation.</summary>
internal sealed unsafe class AbortFlag
{
    private readonly byte[] _flag = GC.AllocateArray<byte>(1, pinned: true);

    /// <summary>The function that llama.cpp calls.</summary>
    public static nint Callback => (nint)(delegate* unmanaged[Cdecl]<void*, byte>)&IsAborted;

    /// <summary>The callback's argument. Valid while the flag is alive.</summary>
    public nint Data => Marshal.UnsafeAddrOfPinnedArrayElement(_flag, 0);

    public bool IsSet
    {
        get => Volatile.Read(ref _flag[0]) != 0;
        set => Volatile.Write(ref _flag[0], value ? (byte)1 : (byte)0);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsAborted(void* flag) => Volatile.Read(ref *(byte*)flag);
}
