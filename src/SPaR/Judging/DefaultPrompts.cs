namespace SPaR.Judging;

/// <summary>Our own wording for models that follow chat instructions.</summary>
internal static class DefaultPrompts
{
    public static PromptSet Create() => new()
    {
        Name = "default",
        Judge =
        [
            new("user", """
                You check whether a response follows an instruction. Work in two steps.

                First take the instruction apart: list each requirement in it, stated or plainly implied (content, format, length, style, language, and so on), and for each one quote or describe the part of the response that decides it, and say whether it is met.
                Then give the verdict. A single requirement that is not met makes it No. How well the response is written otherwise does not count.

                [Instruction]
                {prompt}

                [Response]
                {response}

                End with one line of exactly this form:
                Final judgement: Yes
                or
                Final judgement: No
                """),
        ],
        Refine = """
            Using your check, write a better response to the instruction. Change what misses a requirement and keep everything else as it is, word for word where you can. Do not mention the check or the earlier response.

            Write the new response between these two marks, and nothing after them:
            [[start]]
            the new response
            [[end]]
            """,
        Verdict = new("Final judgement", "first", ["Yes"], ["No"]),
        Answer = new("[[start]]", "[[end]]"),
    };
}
