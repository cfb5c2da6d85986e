namespace TorchSharp.Interop;

/// <summary>What a new tensor holds. The numbers are those of st_filled in shim.cpp.</summary>
internal enum Filling
{
    Nothing,
    Value,
    Normal,
    Uniform,
}
