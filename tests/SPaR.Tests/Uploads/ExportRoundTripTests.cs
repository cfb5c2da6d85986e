using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using static SPaR.Tests.Uploads.UploadedFiles;

namespace SPaR.Tests.Uploads;

/// <summary>What is exported is read again unchanged, whatever text it holds.</summary>
public sealed class ExportRoundTripTests
{
    private static readonly string[] Hostile =
    [
        "😀", "\u2028", "\u0001", "\u007f", "\\u0000", "\\ud83d", "\"", "\\", "\n", "\r\n", "\t", "<|im_end|>", "[INST]", "{\"a\":[1]}",
        "[{}]", ",", ";", "é", "\ufeff", "</script>", "User: ", "\n\n", "\u200b", "𝒳",
    ];

    private static readonly Arbitrary<string> Texts = Gen.Elements(Hostile).ListOf().Zip(Gen.Choose('a', 'z'))
        .Select(parts => $"{(char)parts.Item2}{string.Concat(parts.Item1)}").ToArbitrary();

    [Fact]
    public void A_pair_is_the_same_after_export_and_upload_in_every_format() =>
        Prop.ForAll(Texts, Texts, Texts, Check).QuickCheckThrowOnFailure();

    private static void Check(string prompt, string chosen, string rejected)
    {
        ChatMessage[] conversation = [new("system", prompt), new("user", chosen), new("assistant", rejected), new("user", prompt)];
        foreach (var format in Enum.GetValues<PreferenceFormat>())
        {
            var messages = format is PreferenceFormat.TrlStandard ? [new("user", prompt)] : conversation;
            var row = JsonSerializer.Serialize(PreferenceRow.Of(format, Origins(messages, chosen, $"{rejected}!")), ApiJson.Options);
            var list = $"[{row}]";
            foreach (var file in new[] { Encoding.UTF8.GetBytes(row), Encoding.UTF8.GetBytes(list), Zip(Encoding.UTF8.GetBytes(list)) })
            {
                var draft = ReadDataset(file).Only;
                draft.Messages.Select(m => m.ToChat()).ShouldBe(messages);
                (draft.Chosen, draft.Rejected).ShouldBe((chosen, $"{rejected}!"));
            }
        }
    }

    private static PairOrigins Origins(ChatMessage[] prompt, string chosen, string rejected) => new(
        new()
        {
            Id = "pair_1",
            RunId = "run_1",
            Round = 1,
            InstructionId = "ins_1",
            Chosen = chosen,
            ChosenFrom = "r.0",
            ChosenValue = 1,
            Rejected = rejected,
            RejectedFrom = "a2",
            RejectedValue = 0,
            Similarity = 0.5,
        },
        new() { Id = "ins_1", SetId = "set_1", Ordinal = 3, Messages = [.. prompt] },
        null,
        null);
}
