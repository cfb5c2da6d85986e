namespace SPaR.Llama.Decoding;

/// <summary>llama.cpp could not evaluate a batch, or a check refused it. The requests in the batch fail; the engine continues.</summary>
internal sealed class DecodeException(string message) : Exception(message);
