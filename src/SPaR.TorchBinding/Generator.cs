using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds the generator that all random members use when given none.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public static partial class random
    {
        public static Generator manual_seed(long seed) => Generator.Default.manual_seed(seed);

        /// <summary>The state of the default generator, as bytes.</summary>
        public static Tensor get_rng_state() => Generator.Default.get_state();

        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }

    /// <summary>A source of random numbers on the CPU.</summary>
    public sealed class Generator : IDisposable
    {
        private readonly GeneratorHandle _handle;

        public Generator(ulong seed = 0, Device? device = null)
            : this(Native.st_generator(seed))
        {
            if (device is { type: not DeviceType.CPU })
                throw new NotSupportedException("Generators are made on the CPU only");
        }

        private Generator(GeneratorHandle handle) => _handle = handle.IsInvalid ? throw Tensor.LastError() : handle;

        /// <summary>The generator that all random members use when given none.</summary>
        public static Generator Default => new(Native.st_default_generator());

        public Generator manual_seed(long seed)
        {
            Tensor.Check(Native.st_generator_seed(_handle, unchecked((ulong)seed)));
            return this;
        }

        public Tensor get_state() => new(Native.st_generator_state(_handle));

        public void set_state(Tensor value) => Tensor.Check(Native.st_generator_set_state(_handle, value.Handle));

        public void Dispose() => _handle.Dispose();

        internal static GeneratorHandle HandleOf(Generator? generator) => generator?._handle ?? GeneratorHandle.Default;
    }
}
