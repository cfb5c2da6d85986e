namespace SPaR.Llama.Sampling;

/// <summary>A model gave a logit that is not a finite number.</summary>
internal sealed class DamagedWeightsException() : Exception(
    "The model gave logits that are not finite: its weights are damaged. Download or convert the file again, then register it again.");
