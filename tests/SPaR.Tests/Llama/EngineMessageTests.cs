using System.Collections.Immutable;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;
using SPaR.Llama.Processes;

namespace SPaR.Tests.Llama;

public sealed class EngineMessageTests
{
    private static readonly Conversation Talk = Conversation.Empty
        .System("be brief").User("write \"\\u0000\" about 🌊\n").Assistant(" yes", [1, -2, 32_000]).User("and\tnow?")
        with
    { Thinks = true };

    [Fact]
    public void A_request_comes_out_as_it_went_in()
    {
        var request = new GenerationRequest(
            Talk, new SamplingOptions(0.1 + 0.2, 0.9, 40, 0.05, 2048) { RepetitionPenalty = 1.1, Order = SamplingOrder.FiltersFirst },
            [0, ulong.MaxValue], "judge r.0.1 #2")
        {
            Priority = new("run_1", long.MaxValue, Express: true),
            Retain = true,
            Deterministic = true,
            VisibleTokens = ["<think>", "</think>"],
        };

        var back = Pass<Call>(new GenerateCall(7, request)).ShouldBeOfType<GenerateCall>();

        back.Id.ShouldBe(7);
        back.Request.Sampling.ShouldBe(request.Sampling);
        back.Request.Priority.ShouldBe(request.Priority);
        (back.Request.Retain, back.Request.Deterministic, back.Request.Purpose).ShouldBe((true, true, request.Purpose));
        back.Request.Seeds.ShouldBe(request.Seeds);
        back.Request.VisibleTokens.ShouldBe(request.VisibleTokens);
        ShouldBeSame(back.Request.Conversation);
    }

    [Fact]
    public void A_scoring_request_comes_out_as_it_went_in()
    {
        var request = new ScoringRequest(Talk, "Final: ", ["Yes", "No"], "judge") { Priority = new("r", 3), Deterministic = true };
        var back = Pass<Call>(new ScoreCall(1, request)).ShouldBeOfType<ScoreCall>().Request;
        (back.Partial, back.Purpose, back.Priority, back.Deterministic).ShouldBe(
            (request.Partial, request.Purpose, request.Priority, true));
        back.Continuations.ShouldBe(request.Continuations);
        ShouldBeSame(back.Conversation);
    }

    [Fact]
    public void A_model_and_the_options_come_out_as_they_went_in()
    {
        var file = new ModelFile("/models/a.gguf", "ab", "chatml") { Adapter = new("/models/b.gguf", "cd") };
        var options = new LlamaOptions
        {
            Threads = 3,
            Cells = 4096,
            ContextTokens = 100,
            ResidentCells = 5,
            Sequences = 9,
            MemoryBytes = 1L << 40,
        };
        var back = Pass<Call>(new LoadCall(1, file, options, new(1, 2, 3, 4, long.MaxValue))).ShouldBeOfType<LoadCall>();
        back.Others.ShouldBe(new(1, 2, 3, 4, long.MaxValue));
        back.File.ShouldBe(file);
        (back.Options.Threads, back.Options.Cells, back.Options.ContextTokens, back.Options.ResidentCells, back.Options.Sequences,
            back.Options.MemoryBytes).ShouldBe((3, 4096, 100, 5, 9, 1L << 40));
    }

    [Theory]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1.2345678901234567e-300)]
    public void A_score_keeps_every_bit(double logarithm)
    {
        var result = new ScoringResult([new(logarithm, 3, true)], new(1, 2, 3));
        var back = Pass<Reply>(new Scored(5, result)).ShouldBeOfType<Scored>().Result;
        back.Scores.ShouldBe(result.Scores);
        back.Usage.ShouldBe(result.Usage);
    }

    [Fact]
    public void Samples_come_out_as_they_went_in()
    {
        ImmutableArray<Sample> samples = [new(" the \uFFFD sea\r\n", [5, 6], FinishReason.Length), new("", [], FinishReason.Stop)];
        var back = Pass<Reply>(new Generated(5, samples, new(4, 5, 6), true)).ShouldBeOfType<Generated>();
        back.Samples.Select(s => (s.Text, s.Finish)).ShouldBe(samples.Select(s => (s.Text, s.Finish)));
        back.Samples.Select(s => s.Tokens.ToArray()).ShouldBe([[5, 6], []]);
        (back.Usage, back.Retained).ShouldBe((new(4, 5, 6), true));
    }

    [Fact]
    public void An_exception_is_the_same_on_the_other_side()
    {
        var tooLong = Thrown<PromptTooLongException>(new PromptTooLongException(300, 20, 256));
        (tooLong.PromptTokens, tooLong.MaxTokens, tooLong.ContextTokens).ShouldBe((300, 20, 256));
        Thrown<ModelRejectedException>(new ModelRejectedException("too-large", "a.gguf: no")).Code.ShouldBe("too-large");
        Thrown<NoRoomException>(new NoRoomException("full")).Message.ShouldBe("full");
        Thrown<NativeLibraryMissingException>(new NativeLibraryMissingException("run setup")).Message.ShouldBe("run setup");
        Thrown<ArgumentException>(new ArgumentException("no seeds")).Message.ShouldBe("no seeds");
        Thrown<OperationCanceledException>(new TaskCanceledException());
        Thrown<EngineProcessException>(new InvalidOperationException("cells full")).Message.ShouldBe("cells full");
    }

    [Theory]
    [InlineData(new byte[] { 5, 0, 0 })]
    [InlineData(new byte[] { 5, 0, 0, 0, (byte)'{' })]
    public void A_pipe_that_ends_in_the_middle_of_a_message_says_so(byte[] bytes) =>
        Should.Throw<EndOfStreamException>(() => Frames.Read<Call>(new MemoryStream(bytes)));

    [Fact]
    public void The_end_of_the_pipe_between_two_messages_is_the_end() => Frames.Read<Call>(new MemoryStream()).ShouldBeNull();

    [Theory]
    [InlineData("hello there")]
    [InlineData("\0\0\0\0")]
    public void Data_that_is_not_a_message_is_refused(string written) => Should.Throw<InvalidDataException>(
        () => Frames.Read<Call>(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(written)))).Message.ShouldContain("something else");

    private static void ShouldBeSame(Conversation back)
    {
        back.Turns.Select(t => (t.Role, t.Content)).ShouldBe(Talk.Turns.Select(t => (t.Role, t.Content)));
        back.Thinks.ShouldBeTrue();
        back.Turns.Select(t => t.Tokens?.ToArray()).ShouldBe(Talk.Turns.Select(t => t.Tokens?.ToArray()));
    }

    private static T Thrown<T>(Exception exception)
        where T : Exception =>
        Pass<Reply>(Failed.Of(1, exception)).ShouldBeOfType<Failed>().ToException(default).ShouldBeOfType<T>();

    private static T Pass<T>(T message)
        where T : class
    {
        var pipe = new MemoryStream();
        Frames.Write(pipe, message);
        pipe.Position = 0;
        var back = Frames.Read<T>(pipe).ShouldNotBeNull();
        pipe.Position.ShouldBe(pipe.Length);
        return back;
    }
}
