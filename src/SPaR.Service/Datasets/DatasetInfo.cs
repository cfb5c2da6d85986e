namespace SPaR.Service.Datasets;

/// <summary>An entry of <c>dataset_info.json</c>, with LLaMA-Factory's names.</summary>
/// <param name="Ranking">Whether its rows are preferences.</param>
/// <param name="Columns">LLaMA-Factory's name of each column, and the file's.</param>
/// <param name="Tags">How the file writes roles.</param>
internal sealed record DatasetInfo(
    string FileName, string Formatting, bool Ranking, IReadOnlyDictionary<string, string> Columns, IReadOnlyDictionary<string, string> Tags)
{
    public static DatasetInfo Of(string file, DatasetKind kind) => new(
        file, "sharegpt", Ranking: kind is DatasetKind.Preferences,
        kind is DatasetKind.Preferences
            ? new Dictionary<string, string> { ["messages"] = "messages", ["chosen"] = "chosen", ["rejected"] = "rejected" }
            : new Dictionary<string, string> { ["messages"] = "messages" },
        new Dictionary<string, string>
        {
            ["role_tag"] = "role",
            ["content_tag"] = "content",
            ["user_tag"] = "user",
            ["assistant_tag"] = "assistant",
            ["system_tag"] = "system",
        });
}
