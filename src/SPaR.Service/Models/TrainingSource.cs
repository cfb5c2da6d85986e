namespace SPaR.Service.Models;

/// <summary>What is trained on: a round of a run, or an upload.</summary>
/// <param name="Data">What of it.</param>
public sealed record TrainingSource(string? Run, int? Round, string? Upload, TrainingData Data);

public enum TrainingData
{
    Preferences,
    RefinerExamples,
}
