using System.Text;
using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.HuggingFace;

namespace SPaR.Tests.HuggingFace;

/// <summary>GLM-4-9B-Chat as it was published: its tokeniser is a tokenizer.model in tiktoken's form.</summary>
public sealed class TiktokenModelTests
{
    [Fact]
    public void A_tokenizer_model_gives_the_same_metadata_as_the_tokenizer_json_that_says_the_same()
    {
        using var json = TinyFolder.Of("chatglm").Write();
        HuggingFaceImport.Run(json.Path, json.Gguf);
        using var model = WriteModel();
        HuggingFaceImport.Run(model.Path, model.Gguf);

        var (expected, read) = (GgufReader.Read(json.Gguf), GgufReader.Read(model.Gguf));
        foreach (var key in expected.Metadata.Keys.Where(k => k.StartsWith("tokenizer.", StringComparison.Ordinal)))
            Shown(model.Gguf, read, key).ShouldBe(Shown(json.Gguf, expected, key), key);
        HuggingFaceExport.Run(model.Gguf, model.Path + "/exported");
        File.Exists(model.Path + "/exported/tokenizer.json").ShouldBeTrue();
        Directory.Delete(model.Path + "/exported", recursive: true);
    }

    [Fact]
    public void The_merges_are_all_pairs_of_tokens_that_make_a_token_in_the_order_of_its_rank()
    {
        using var folder = WriteModel("she", "sh", "hes");
        HuggingFaceImport.Run(folder.Path, folder.Gguf);

        var file = GgufReader.Read(folder.Gguf);
        // "hes" comes last and has no pair: "es" is no token, and "he s" is one.
        ((GgufArray)file.Metadata["tokenizer.ggml.merges"]).ReadStrings(folder.Gguf).TakeLast(4)
            .ShouldBe(["s he", "sh e", "s h", "he s"]);
    }

    [Theory]
    [InlineData("aGU", "line 257")]
    [InlineData("aGU=", "line 257")]
    [InlineData("aGU= -1", "line 257")]
    [InlineData("aGU= 1.5", "line 257")]
    [InlineData("aGU= 99999999999", "line 257")]
    [InlineData(" 256", "line 257")]
    [InlineData("!!!! 256", "line 257")]
    [InlineData("aGU= 7", "line 257")]
    [InlineData("YQ== 256", "line 257")]
    [InlineData("\u00ff\u00fe 256", "line 257")]
    public void A_line_that_is_no_token_with_its_rank_is_refused_by_its_number(string line, string named) =>
        Refused(Lines([]) + line, "malformed", $"tokenizer.model, {named}");

    [Fact]
    public void A_token_that_is_too_long_and_a_missing_byte_are_refused()
    {
        Refused(
            Lines([]) + Convert.ToBase64String(new byte[513]) + " 256", "malformed", "tokenizer.model, line 257");
        Refused(Lines([])[..Lines([]).TrimEnd().LastIndexOf('\n')], "malformed", "0xFF");
        Refused("", "malformed", "0x00");
        Refused(Lines([]) + "aGU= 70000", "tokenizer-mismatch", "70000");
    }

    [Fact]
    public void A_sentencepiece_model_and_a_family_without_a_known_split_are_refused_with_what_to_do()
    {
        Refused("\n\u000e\n\u0005<unk>", "unknown-tokenizer", "SentencePiece");
        using var folder = TinyFolder.Of("llama").Write();
        File.Move(Path.Combine(folder.Path, "tokenizer.json"), Path.Combine(folder.Path, "tokenizer.model"));
        var e = Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Path, folder.Gguf));
        (e.Code, e.Message.Contains("Save it as tokenizer.json", StringComparison.Ordinal)).ShouldBe(("unknown-tokenizer", true));
    }

    [Theory]
    [InlineData(null, "added_tokens_decoder")]
    [InlineData("[]", "added_tokens_decoder")]
    [InlineData("""{"x":{"content":"<|user|>"}}""", "added_tokens_decoder.x")]
    [InlineData("""{"260":null}""", "added_tokens_decoder.260")]
    [InlineData("""{"260":{"special":true}}""", "content")]
    [InlineData("""{"5":{"content":"<|user|>","special":true}}""", "the id 5")]
    public void Special_tokens_that_are_missing_or_malformed_are_refused_by_field(string? added, string named)
    {
        using var folder = WriteModel();
        folder.Tokenizer.Settings["added_tokens_decoder"] = added is null ? null : JsonNode.Parse(added);
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer_config.json"), folder.Tokenizer.Settings.ToJsonString());
        Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Path, folder.Gguf)).Message.ShouldContain(named);
    }

    [Fact]
    public void A_folder_without_tokenizer_config_has_no_special_tokens_and_is_refused()
    {
        using var folder = WriteModel();
        File.Delete(Path.Combine(folder.Path, "tokenizer_config.json"));
        Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Path, folder.Gguf)).Code.ShouldBe("not-found");
    }

    /// <summary>The tiny GLM's tokens in both files.</summary>
    /// <param name="more">Tokens after them.</param>
    private static TinyFolder WriteModel(params string[] more)
    {
        var folder = TinyFolder.Of("chatglm");
        var added = new JsonObject();
        foreach (var token in folder.Tokenizer.Json["added_tokens"]!.AsArray())
        {
            var copy = token!.DeepClone().AsObject();
            // Further tokens come before them.
            var id = copy["id"]!.GetValue<int>() + more.Length;
            copy.Remove("id");
            if (id < folder.Rows)
                added[$"{id}"] = copy;
        }

        folder.Tokenizer.Settings["added_tokens_decoder"] = added;
        folder.Write();
        File.Delete(Path.Combine(folder.Path, "tokenizer.json"));
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer.model"), Lines(["he", " t", " the", .. more]));
        return folder;
    }

    /// <summary>A token for each byte, and then some.</summary>
    private static string Lines(IEnumerable<string> words)
    {
        // The tiny vocabulary has its bytes in their own order.
        var tokens = Enumerable.Range(0, 256).Select(b => new[] { (byte)b }).Concat(words.Select(Encoding.UTF8.GetBytes));
        return string.Concat(tokens.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}\n"));
    }

    private static void Refused(string text, string code, string named)
    {
        using var folder = WriteModel();
        File.WriteAllBytes(Path.Combine(folder.Path, "tokenizer.model"), Encoding.Latin1.GetBytes(text));
        var e = Should.Throw<ModelRejectedException>(() => HuggingFaceImport.Run(folder.Path, folder.Gguf));
        e.Message.ShouldContain(named);
        e.Message.ShouldStartWith(folder.Path);
        (e.Code, Path.Exists(folder.Gguf)).ShouldBe((code, false));
    }

    private static string Shown(string path, GgufFile file, string key) => file.Metadata.GetValueOrDefault(key) switch
    {
        GgufArray { ElementType: GgufValueType.String } texts => string.Join('\n', texts.ReadStrings(path)),
        GgufArray numbers => string.Join('\n', numbers.ReadIntegers(path)),
        var value => $"{value}",
    };
}
