using SPaR.Method.Input;
using SPaR.Service.Keys;

namespace SPaR.Tests.Keys;

public sealed class NewKeyTests
{
    [Theory]
    [InlineData("1m", 1.0 / 60)]
    [InlineData("12h", 12)]
    [InlineData("90d", 24 * 90)]
    [InlineData("3650d", 24 * 3650)]
    public void A_lifetime_is_a_number_and_a_unit(string text, double hours) =>
        Read(expires: text).Key.ShouldNotBeNull().Lifetime!.Value.TotalHours.ShouldBe(hours, 1e-9);

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("0d")]
    [InlineData("-1d")]
    [InlineData("3651d")]
    [InlineData("2147483647d")]
    [InlineData("99999999999d")]
    [InlineData("1w")]
    [InlineData("1.5h")]
    [InlineData("never")]
    public void Any_other_lifetime_is_refused(string text) =>
        Read(expires: text).Errors.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            e => e.Field.ShouldBe("expires"), e => e.Message.ShouldContain("90d"));

    [Fact]
    public void All_errors_are_reported_at_once()
    {
        var errors = new List<FieldError>();
        NewKey.Read("", "root", "soon", 0, 1, errors).ShouldBeNull();

        errors.Select(e => e.Field).ShouldBe(["name", "scope", "expires", "requests_per_minute", "max_body_bytes"]);
    }

    [Fact]
    public void Omitted_options_have_no_own_limit() =>
        Read().Key.ShouldBe(new NewKey("mine", Scope.Submit, null, null, null));

    private static (NewKey? Key, List<FieldError> Errors) Read(string? expires = null)
    {
        var errors = new List<FieldError>();
        return (NewKey.Read("mine", "submit", expires, null, null, errors), errors);
    }
}
