namespace SPaR.Llama.Sampling;

/// <summary>A model gave a score that is not a number.</summary>
internal sealed class DamagedWeightsException() : Exception(
    "The model gave scores that are not numbers: its weights are damaged. Download or convert the file again and register it anew.");
