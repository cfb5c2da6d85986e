using System.Security.Cryptography;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Tests.Keys;

public sealed class KeyTextTests
{
    [Fact]
    public void A_new_text_is_read_back_as_what_is_stored_of_it()
    {
        var id = Ids.New("key", TimeProvider.System);
        var (text, parts) = KeyText.New(id);

        text.ShouldMatch("^spar_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$");
        var read = KeyText.Read(text).ShouldNotBeNull();
        ("key_" + read.Digits).ShouldBe(id);
        read.Hash.ShouldBe(parts.Hash);
        read.Matches(parts.Hash).ShouldBeTrue();
    }

    [Fact]
    public void Two_texts_of_one_id_have_different_secrets()
    {
        var id = Ids.New("key", TimeProvider.System);
        KeyText.New(id).Parts.Matches(KeyText.New(id).Parts.Hash).ShouldBeFalse();
    }

    [Fact]
    public void Without_a_stored_hash_nothing_matches()
    {
        var nobody = SHA256.HashData("nobody's secret"u8);

        new KeyText(new('0', 32), nobody).Matches(null).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("spar_")]
    [InlineData("Bearer spar_0123456789abcdef0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("spar_0123456789abcdef0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("spar_0123456789abcdef0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("spar_0123456789ABCDEF0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("spar_0123456789abcdef0123456789abcdef-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("spar_0123456789abcdef0123456789abcdef_AAAAAAAAAAAAAAAAAAAAA+AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("spar_0123456789abcdef0123456789abcdef_AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA")]
    public void Any_other_text_is_not_a_key(string text) => KeyText.Read(text).ShouldBeNull();
}
