using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The functions of native/shim.cpp, by the same names. Those that make a tensor return an invalid handle when they failed, the
/// others a negative number; the text is then in <see cref="st_error"/>, per thread.</summary>
internal static partial class Native
{
    private const string Library = "spartorch";

    static Native() => NativeLibrary.SetDllImportResolver(
        typeof(Native).Assembly, (name, _, _) => name == Library ? LibraryLoader.Handle : 0);

    [LibraryImport(Library)] public static partial nint st_error();
    [LibraryImport(Library)] public static partial void st_free(nint tensor);
    [LibraryImport(Library)] public static partial long st_dtype(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_dim(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_element_size(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_numel(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_is_contiguous(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_requires_grad(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_is_leaf(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_has_grad(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_clear_grad(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_device(TensorHandle self, out int type, out int index);
    [LibraryImport(Library)] public static partial long st_sizes(TensorHandle self, Span<long> values, int count);
    [LibraryImport(Library)] public static partial long st_strides(TensorHandle self, Span<long> values, int count);
    [LibraryImport(Library)] public static partial nint st_data(TensorHandle self);
    [LibraryImport(Library)] public static partial long st_item(TensorHandle self, out double value);
    [LibraryImport(Library)] public static partial long st_set_requires_grad(TensorHandle self, int required);
    [LibraryImport(Library)] public static partial long st_set_grad(TensorHandle self, TensorHandle gradient);
    [LibraryImport(Library)]
    public static partial long st_backward(
        TensorHandle self, nint[] gradients, int gradientCount, int retain, int create, nint[] inputs, int inputCount);

    [LibraryImport(Library)] public static partial int st_grad_enabled();
    [LibraryImport(Library)] public static partial void st_set_grad_enabled(int enabled);
    [LibraryImport(Library)] public static partial int st_get_num_threads();
    [LibraryImport(Library)] public static partial long st_set_num_threads(int count);

    [LibraryImport(Library)]
    public static partial TensorHandle st_filled(int filling, ReadOnlySpan<long> sizes, int count, Number value, GeneratorHandle generator,
        sbyte dtype, int device, int index);
    [LibraryImport(Library)]
    public static partial TensorHandle st_randint(long low, long high, long[] sizes, int count, GeneratorHandle generator, sbyte dtype);
    [LibraryImport(Library)] public static partial TensorHandle st_arange(Number start, Number stop, Number step, sbyte dtype);
    [LibraryImport(Library)] public static partial TensorHandle st_from_memory(nint data, ReadOnlySpan<long> sizes, int count, sbyte dtype);
    [LibraryImport(Library)]
    public static partial TensorHandle st_to(
        TensorHandle self, sbyte dtype, int device, int index, int nonBlocking, int copy);

    [LibraryImport(Library)] public static partial GeneratorHandle st_generator(ulong seed);
    [LibraryImport(Library)] public static partial GeneratorHandle st_default_generator();
    [LibraryImport(Library)] public static partial void st_generator_free(nint generator);
    [LibraryImport(Library)] public static partial long st_generator_seed(GeneratorHandle self, ulong seed);
    [LibraryImport(Library)] public static partial TensorHandle st_generator_state(GeneratorHandle self);
    [LibraryImport(Library)] public static partial long st_generator_set_state(GeneratorHandle self, TensorHandle state);
}
