using SPaR.IFEval.Text;

namespace SPaR.Tests.IFEval;

public sealed class WordTokenizerTests
{
    [Theory]
    [InlineData("I DON'T KNOW", "I", "DO", "N'T", "KNOW")]
    [InlineData("WE'LL WE'RE WE'VE I'M IT'S HE'D", "WE", "'LL", "WE", "'RE", "WE", "'VE", "I", "'M", "IT", "'S", "HE", "'D")]
    [InlineData("DOGS' TAILS", "DOGS", "'", "TAILS")]
    [InlineData("O'B AND O'NEIL", "O", "'", "B", "AND", "O'NEIL")]
    [InlineData("DON'T\nGO", "DON'T", "GO")]
    [InlineData("DON'T!", "DO", "N'T", "!")]
    public void Contractions_are_two_words_unless_a_line_ends_after_them(string text, params string[] tokens) => Tokens(text, tokens);

    [Theory]
    [InlineData("CANNOT GONNA WANNA GOTTA", "CAN", "NOT", "GON", "NA", "WAN", "NA", "GOT", "TA")]
    [InlineData("CANNOTS", "CANNOTS")]
    public void Fused_words_are_two(string text, params string[] tokens) => Tokens(text, tokens);

    [Theory]
    [InlineData("A-B C--D E/F", "A-B", "C", "--", "D", "E/F")]
    [InlineData("A,B 1,000 10:30 A:B", "A", ",", "B", "1,000", "10:30", "A", ":", "B")]
    [InlineData("**BOLD** [X] <Y> #Z", "*", "*", "BOLD", "*", "*", "[", "X", "]", "<", "Y", ">", "#", "Z")]
    [InlineData("WAIT...WHAT", "WAIT", "...", "WHAT")]
    [InlineData("“A” ‘B’", "“", "A", "”", "‘", "B", "’")]
    public void Marks_are_separate_words(string text, params string[] tokens) => Tokens(text, tokens);

    private static void Tokens(string text, string[] tokens) => WordTokenizer.Tokenize(text).ShouldBe(tokens);
}
