namespace SPaR.Llama.Memory;

/// <summary>A model would fit by itself, but not beside those that are loaded: it can be loaded when one of them is stopped.</summary>
internal sealed class NoRoomException(string message) : Exception(message);
