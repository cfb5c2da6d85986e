using System.Text;
using static SPaR.Tests.Uploads.UploadedFiles;

namespace SPaR.Tests.Uploads;

/// <summary>Files with a few bytes changed, cut off or doubled are read or refused; nothing else happens.</summary>
public sealed class UploadFuzzTests
{
    private static readonly string[] Files =
    [
        "{\"prompt\":\"a\\n\u00e9\",\"metadata\":{\"k\":[1,2.5e3,null,true]}}\n{\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}\n",
        "[{\"prompt\":\"a, \\\"b\\\"\"},{\"conversations\":[{\"from\":\"human\",\"value\":\"c\"}]}]",
        "{\"name\":\"x\",\"data\":[{\"prompt\":\"a\"},{\"prompt\":\"b\",\"constraints\":[{\"id\":\"punctuation:no_comma\"}]}],\"y\":1}",
        "prompt,metadata\n\"a, \"\"b\"\"\nc\",\"{\"\"k\"\":1}\"\nd,e\n",
        "{\"prompt\":\"q\",\"chosen\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"c\"}],"
            + "\"rejected\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"r\"}]}\n",
        "{\"instruction\":\"q\",\"input\":\"i\",\"history\":[[\"a\",\"b\"]],\"output\":\"c\"}\n",
    ];

    private static readonly byte[] Odd =
        [0, 0x1F, 0x22, 0x2C, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xC0, 0xE9, 0xED, 0xF4, 0xFF, 0x0A, 0x65, 0x75];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_damaged_file_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var file = Damaged(Encoding.UTF8.GetBytes(Files[random.Next(Files.Length)]), random);
            if (random.Next(4) == 0)
                file = Damaged(Zip(file), random);
            var skip = Lenient with { SkipInvalid = random.Next(2) == 0 };
            var said = Convert.ToHexString(file);

            Check(ReadInstructions(file, skip), said);
            Check(ReadDataset(file, skip), said);
        }
    }

    private static void Check<T>(Uploaded<T> read, string file)
        where T : class
    {
        (read.Rows.Count > 0).ShouldBe(read.Errors.Count == 0, file);
        foreach (var error in read.Errors.Concat(read.Report?.FirstSkipped.SelectMany(row => row.Errors) ?? []))
        {
            error.Field.ShouldNotBeEmpty(file);
            error.Message.ShouldNotContain("System.", customMessage: file);
            (error.Field + error.Message).ShouldNotContain('\0', customMessage: file);
        }
    }

    private static byte[] Damaged(byte[] file, Random random)
    {
        var bytes = file.ToList();
        for (var n = random.Next(3); n >= 0 && bytes.Count > 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = Odd[random.Next(Odd.Length)];
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 9), bytes.Count - at)));
                    break;
                default:
                    bytes.Insert(at, Odd[random.Next(Odd.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
