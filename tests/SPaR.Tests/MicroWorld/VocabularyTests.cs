using System.Buffers.Binary;
using System.Text;
using SPaR.MicroWorld;

namespace SPaR.Tests.MicroWorld;

public sealed class VocabularyTests
{
    private const int ByteTokens = 256;

    [Fact]
    public void The_vocabulary_is_the_models_token_list_and_a_token_for_every_byte()
    {
        var tokens = TokensOf(File.ReadAllBytes(MicroModel.Path));

        tokens[..^ByteTokens].ShouldBe(Vocabulary.Tokens.Select(token => AsStored(token)));
        tokens.Length.ShouldBe(419);
    }

    [Fact]
    public void No_word_has_two_ids() => Vocabulary.Tokens.Distinct().Count().ShouldBe(Vocabulary.Tokens.Length);

    /// <summary>A word is stored with the space before it, which this kind of tokeniser writes as G with a dot above.</summary>
    private static string AsStored(string token) => Vocabulary.Control.Contains(token) ? token : "\u0120" + token;

    /// <summary>The strings of the array under the key <c>tokenizer.ggml.tokens</c>: element type, count, then length and text of
    /// each.</summary>
    private static string[] TokensOf(byte[] file)
    {
        var key = "tokenizer.ggml.tokens"u8;
        var at = file.AsSpan().IndexOf(key) + key.Length + 2 * sizeof(uint);
        var tokens = new string[ReadCount(file, ref at)];
        for (var i = 0; i < tokens.Length; i++)
        {
            var length = ReadCount(file, ref at);
            tokens[i] = Encoding.UTF8.GetString(file, at, length);
            at += length;
        }
        return tokens;
    }

    private static int ReadCount(byte[] file, ref int at)
    {
        var count = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        at += sizeof(ulong);
        return count;
    }
}
