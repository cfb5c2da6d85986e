namespace SPaR.Llama.Decoding;

/// <summary>Evaluates batches of tokens and keeps the KV cache of their sequences. Used by one thread; only <see cref="Abort"/> may be
/// called from any.</summary>
internal interface IDecoder : IDisposable
{
    DecodeBatch Batch { get; }

    /// <summary>The number of KV cells.</summary>
    int Cells { get; }

    /// <summary>Evaluates the batch.</summary>
    /// <returns>False if <see cref="Abort"/> stopped it: its sequences then hold an unknown part of the batch.</returns>
    /// <exception cref="DecodeException">It cannot be evaluated.</exception>
    bool Decode();

    /// <summary>[vocabulary] The logits of a token of the last batch, valid until the next <see cref="Decode"/>.</summary>
    ReadOnlySpan<float> Logits(int index);

    /// <summary>Lets an empty sequence share the cells of the first tokens of another. Computes nothing.</summary>
    void Fork(int source, int destination, int length);

    /// <summary>Drops the tokens of a sequence from a position on. Frees the cells that no other sequence shares.</summary>
    void Truncate(int sequence, int length);

    /// <summary>Drops all sequences.</summary>
    void Clear();

    /// <summary>The number of tokens of a sequence.</summary>
    int Length(int sequence);

    /// <summary>Stops the running evaluation at its next operation, and every later one until called with false.</summary>
    void Abort(bool on);
}
