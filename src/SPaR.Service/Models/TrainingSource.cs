namespace SPaR.Service.Models;

/// <summary>The source of training data: a round of a run, or an upload.</summary>
public sealed record TrainingSource(string? Run, int? Round, string? Upload, TrainingData Data);

public enum TrainingData
{
    Preferences,
    RefinerExamples,
}
