using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Integration.Tests.Llama;
using SPaR.MicroWorld;
using SPaR.MicroWorld.Bootstrap;
using SPaR.Torch.Training;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>Trains the micro-world's first model from scratch, with very few steps.</summary>
[Collection(TorchCollection.Name)]
public sealed class BootstrapTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("spar-bootstrap-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_same_seed_gives_the_same_file_bit_for_bit_and_another_seed_another()
    {
        var first = Make("first", seed: 3);

        Make("second", seed: 3).ShouldBe(first);
        Make("third", seed: 4).ShouldNotBe(first);
    }

    [Fact]
    public void The_loss_falls_within_thirty_steps()
    {
        Make("falls", seed: 3, steps: 30);

        var steps = TrainingFolders.Metrics(Path.Combine(_root, "falls"));
        steps.Length.ShouldBe(30);
        TrainingFolders.Metric(steps[0], "loss").ShouldBe(Math.Log(Vocabulary.Size), 0.3, "at first every token is as likely as any");
        steps[^5..].Average(s => TrainingFolders.Metric(s, "loss")).ShouldBeLessThan(3, "half of what it was");
    }

    [Fact]
    public void A_folder_with_another_bootstrap_is_emptied_and_one_with_the_same_is_resumed()
    {
        var made = Make("again", seed: 3);
        var model = Path.Combine(_root, "again", TrainingFolder.Model);
        File.SetLastWriteTimeUtc(model, DateTime.UnixEpoch);

        Make("again", seed: 3).ShouldBe(made);
        File.GetLastWriteTimeUtc(model).ShouldBe(DateTime.UnixEpoch, "what is trained stays trained");
        Make("again", seed: 4).ShouldNotBe(made);
    }

    [Fact]
    public async Task Examples_are_the_tokens_that_inference_makes_of_the_same_conversation()
    {
        var path = Path.Combine(_root, "first.gguf");
        using (var stream = File.Create(path))
            MicroModelFile.WriteFirst(stream, 1);
        await using var engine = Engines.Create();
        await using var model = await engine.LoadAsync(new(path, "", "mistral-v7"), TestContext.Current.CancellationToken);
        var probe = new VerifiableMicroWorld().Probes(20).First(p => !p.Satisfies);

        var prompt = Conversation.Empty.User(probe.Prompt).Assistant(probe.Answer).User("judge").Assistant(probe.Critique).User("refine");
        var end = model.EncodeAnswer(prompt, probe.Answer);
        var (tokens, _) = ChatFormat.Write(probe.Prompt, [new(probe.Answer, 1), new(probe.Critique, 1), new(probe.Answer, 1)]);

        tokens.ShouldBe([.. model.Encode(prompt), .. end.Content, .. end.End]);
    }

    private byte[] Make(string name, ulong seed, int steps = 4)
    {
        var (folder, output) = (Path.Combine(_root, name), Path.Combine(_root, $"{name}.gguf"));
        MicroBootstrap.Prepare(folder, seed, steps, threads: 2);
        Trainer.Run(folder, NullLogger.Instance, CancellationToken.None).ShouldBe(TrainingEnd.Finished);
        MicroBootstrap.Finish(folder, output, seed);
        return File.ReadAllBytes(output);
    }
}
