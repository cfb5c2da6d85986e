using SPaR.IFEval.Text;

namespace SPaR.Tests.IFEval;

public sealed class SentenceSplitterTests
{
    [Theory]
    [InlineData("It rains. It pours.", "It rains.", "It pours.")]
    [InlineData("Really? Yes! Fine", "Really?", "Yes!", "Fine")]
    [InlineData("no end at all", "no end at all")]
    [InlineData("One\n\nTwo\n\nThree.", "One\n\nTwo\n\nThree.")]
    public void Sentences_end_at_their_marks_and_not_at_line_ends(string text, params string[] sentences) => Split(text, sentences);

    [Theory]
    [InlineData("Mr. Jones met Dr. Smith in Washington, D.C. on Jan. 5.", "Mr. Jones met Dr. Smith in Washington, D.C. on Jan. 5.")]
    [InlineData("He works at Acme Inc. in the U.S. market.", "He works at Acme Inc. in the U.S. market.")]
    [InlineData("We met at 5 p.m. Please come. See St. Peter.", "We met at 5 p.m.", "Please come.", "See St. Peter.")]
    [InlineData("He lives in the U.S. However, she does not.", "He lives in the U.S.", "However, she does not.")]
    [InlineData("A pro-U.S. Congress met.", "A pro-U.S. Congress met.")]
    [InlineData("Fruit, e.g. apples. Nuts etc. and more.", "Fruit, e.g.", "apples.", "Nuts etc.", "and more.")]
    public void A_known_abbreviation_ends_a_sentence_only_before_a_word_that_begins_one(string text, params string[] sentences) =>
        Split(text, sentences);

    [Theory]
    [InlineData("J. K. Rowling and George W. Bush.", "J. K. Rowling and George W. Bush.")]
    [InlineData("Plan A. Bach wrote it.", "Plan A. Bach wrote it.")]
    [InlineData("It was plan B. It failed.", "It was plan B.", "It failed.")]
    [InlineData("It was plan C. It failed.", "It was plan C. It failed.")]
    public void Initials_belong_to_the_name_after_them(string text, params string[] sentences) => Split(text, sentences);

    [Theory]
    [InlineData("1. Wash them.\n2. Cut them.", "1.", "Wash them.", "2.", "Cut them.")]
    [InlineData("1. wash\n2. cut", "1. wash\n2. cut")]
    [InlineData("It costs 3.50. That is 2,000.5 in all.", "It costs 3.50.", "That is 2,000.5 in all.")]
    [InlineData("In 1999. Later", "In 1999.", "Later")]
    [InlineData("9. Review it.", "9. Review it.")]
    public void A_number_ends_a_sentence_unless_lower_case_follows(string text, params string[] sentences) => Split(text, sentences);

    [Theory]
    [InlineData("Well... maybe not.", "Well... maybe not.")]
    [InlineData("Well... The end.", "Well...", "The end.")]
    [InlineData("Well... Suddenly it rained.", "Well...", "Suddenly it rained.")]
    [InlineData("Well... London it is.", "Well... London it is.")]
    [InlineData("Well. . . maybe. Yes.", "Well.", ".", ".", "maybe.", "Yes.")]
    public void An_ellipsis_ends_a_sentence_only_before_a_word_that_begins_one(string text, params string[] sentences) =>
        Split(text, sentences);

    [Theory]
    [InlineData("\"Go!\" he said. \"Now.\"", "\"Go!\"", "he said.", "\"Now.\"")]
    [InlineData("(It rains.) It pours.", "(It rains.)", "It pours.")]
    [InlineData("He said: 'Yes.' Then left.", "He said: 'Yes.'", "Then left.")]
    [InlineData("What?! No!!! Why?", "What?!", "No!!!", "Why?")]
    [InlineData("What ?! No", "What ?", "!", "No")]
    [InlineData("**Bold.** Plain.", "**Bold.", "** Plain.")]
    [InlineData("The end.*", "The end.", "*")]
    [InlineData("See a.b and example.com/x.y now.", "See a.b and example.com/x.y now.")]
    public void Closing_marks_belong_to_the_sentence_before(string text, params string[] sentences) => Split(text, sentences);

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    public void A_blank_text_has_none(string text) => SentenceSplitter.Split(text).ShouldBeEmpty();

    [Theory]
    [InlineData("!")]
    [InlineData(".")]
    [InlineData("a.\"")]
    [InlineData("-")]
    [InlineData(". ")]
    [InlineData("[")]
    [InlineData("*")]
    public void A_long_row_of_marks_takes_linear_time(string mark)
    {
        var text = string.Concat(Enumerable.Repeat(mark, 100_000)) + " End.";

        // Without the limit on looking back this took minutes.
        Should.CompleteIn(() => SentenceSplitter.Split(text), TimeSpan.FromSeconds(20));
    }

    private static void Split(string text, string[] sentences) => SentenceSplitter.Split(text).ShouldBe(sentences);
}
