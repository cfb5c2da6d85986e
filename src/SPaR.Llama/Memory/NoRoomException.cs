namespace SPaR.Llama.Memory;

/// <summary>A model fits into memory on its own, but not next to the loaded ones: stop one of them first.</summary>
internal sealed class NoRoomException(string message) : Exception(message);
