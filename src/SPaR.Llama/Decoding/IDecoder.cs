namespace SPaR.Llama.Decoding;

/// <summary>What evaluates batches of tokens and remembers sequences of them. One thread uses it; <see cref="Abort"/> may be called from
/// any.</summary>
internal interface IDecoder : IDisposable
{
    DecodeBatch Batch { get; }

    /// <summary>KV cells in all.</summary>
    int Cells { get; }

    /// <summary>Evaluates the batch.</summary>
    /// <returns>False if <see cref="Abort"/> stopped it: its sequences then hold an unknown part of it.</returns>
    /// <exception cref="DecodeException">It could not.</exception>
    bool Decode();

    /// <summary>The logits of a token of the batch just evaluated, valid until the next <see cref="Decode"/>.</summary>
    ReadOnlySpan<float> Logits(int index);

    /// <summary>Lets an empty sequence share the cells of the first tokens of another; nothing is computed.</summary>
    void Fork(int source, int destination, int length);

    /// <summary>Forgets what a sequence holds from a position on; cells that no other sequence shares are free then.</summary>
    void Truncate(int sequence, int length);

    /// <summary>Forgets everything.</summary>
    void Clear();

    /// <summary>Number of tokens that a sequence holds.</summary>
    int Length(int sequence);

    /// <summary>Stops the running evaluation at its next operation, and every later one until called with false.</summary>
    void Abort(bool on);
}
