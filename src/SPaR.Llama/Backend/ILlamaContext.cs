namespace SPaR.Llama.Backend;

/// <summary>llama.cpp's calls on a context, as they are. Misused, some abort the process: <see cref="LlamaContext"/> guards them and is who
/// calls them.</summary>
internal interface ILlamaContext : IDisposable
{
    /// <summary>KV cells in all; llama.cpp rounds the number asked for up.</summary>
    int Cells { get; }

    /// <returns>What llama.cpp answers: 0, or 1 where no cells are left, 2 where it was stopped, below 0 where it could not.</returns>
    int Decode(DecodeBatch batch);

    /// <returns>Native memory, valid until the next evaluation; empty if there are none.</returns>
    ReadOnlySpan<float> Logits(int index);

    void Copy(int source, int destination, int length);

    void Remove(int sequence, int from);

    void Clear();

    /// <returns>-1 for a sequence that is empty.</returns>
    int LastPosition(int sequence);
}
