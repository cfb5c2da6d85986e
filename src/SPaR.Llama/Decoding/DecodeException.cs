namespace SPaR.Llama.Decoding;

/// <summary>llama.cpp could not evaluate a batch, or the guards refused it. The requests in the batch fail, the engine goes on.</summary>
internal sealed class DecodeException(string message) : Exception(message);
