using System.Collections.Immutable;
using SPaR.Method.Items;
using SPaR.Service.Datasets;

namespace SPaR.Service.OpenAi;

/// <summary>A row of training data as OpenAI writes it.</summary>
internal static class OpenAiRow
{
    public static object Of(DatasetRow row) => row is { Chosen: { } chosen, Rejected: { } rejected }
        ? new OpenAiPreference(new(row.Messages), [new("assistant", chosen)], [new("assistant", rejected)])
        : new OpenAiExample(row.Messages);
}

internal sealed record OpenAiExample(ImmutableArray<TrainingMessage> Messages);

internal sealed record OpenAiPreference(OpenAiExample Input, ChatMessage[] PreferredOutput, ChatMessage[] NonPreferredOutput);
