using SPaR.Torch;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

public sealed class CheckpointsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spar-checkpoints-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_read_is_what_was_written()
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new float[] { 1, 2, 3, 4 }, [2, 2]).requires_grad_();
        var memory = tensor(new double[] { 0.1, 0.2 }, [2]);
        var cursor = At(20) with { Tokens = 77, Epoch = 1, Batch = 2, Stuck = 3, Fallen = 4, Best = new(15, 0.1 + 0.2, 1) };
        new Checkpoints(_folder, 2).Write(cursor, new Dictionary<string, Tensor> { ["weight/w"] = weight, ["state/m/w"] = memory });

        var read = new Dictionary<string, Tensor>();
        new Checkpoints(_folder, 2).Read("run", s => read[s.Name] = zeros([.. s.Shape], s.Type)).ShouldBe(cursor);

        read["weight/w"].data<float>().ToArray().ShouldBe([1, 2, 3, 4]);
        read["state/m/w"].data<double>().ToArray().ShouldBe([0.1, 0.2]);
    }

    [Fact]
    public void The_newest_two_are_kept()
    {
        var checkpoints = new Checkpoints(_folder, 2);
        foreach (var step in new[] { 5, 10, 15 })
            checkpoints.Write(At(step), new Dictionary<string, Tensor>());

        checkpoints.All.Select(Path.GetFileName).ShouldBe(["step-000010", "step-000015"]);
        checkpoints.Read("run", _ => throw new InvalidOperationException())!.Step.ShouldBe(15);
    }

    [Fact]
    public void That_of_the_best_evaluation_is_kept_too_and_can_be_read_in_part()
    {
        using var scope = NewDisposeScope();
        var checkpoints = new Checkpoints(_folder, 2);
        foreach (var step in new[] { 5, 10, 15, 20 })
            checkpoints.Write(
                At(step),
                new Dictionary<string, Tensor> { ["weight/w"] = full([2], step, ScalarType.Float32), ["state/m"] = zeros([2]) }, best: 5);

        checkpoints.All.Select(Path.GetFileName).ShouldBe(["step-000005", "step-000015", "step-000020"]);
        var weight = zeros([2]);
        checkpoints.Read(5, "run", stored => stored.Name == "weight/w" ? weight : null);
        weight.data<float>().ToArray().ShouldBe([5, 5]);
        Should.Throw<TrainingFailureException>(() => checkpoints.Read(10, "run", _ => null)).Code.ShouldBe("bad-checkpoint");
    }

    [Fact]
    public void A_full_disk_leaves_the_last_good_one_and_says_so()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { ["weight/w"] = zeros([1000]) };
        new Checkpoints(_folder, 2).Write(At(10), tensors);

        var failure = Should.Throw<TrainingFailureException>(() =>
            new Checkpoints(_folder, 2, path => new FullDisk(File.Create(path), 2000)).Write(At(20), tensors));

        failure.Code.ShouldBe("checkpoint-not-written");
        failure.Message.ShouldContain("No space left on device");
        failure.Message.ShouldContain("step-000010");
        Directory.GetFileSystemEntries(Path.Combine(_folder, "checkpoints")).Select(Path.GetFileName).ShouldBe(["step-000010"]);
        new Checkpoints(_folder, 2).Read("run", s => zeros([.. s.Shape], s.Type))!.Step.ShouldBe(10);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_named()
    {
        File.WriteAllText(Path.Combine(_folder, "checkpoints"), "in the folder's place");

        var failure = Should.Throw<TrainingFailureException>(
            () => new Checkpoints(_folder, 2).Write(At(10), new Dictionary<string, Tensor>()));

        failure.Code.ShouldBe("checkpoint-not-written");
        failure.Message.ShouldContain("step 10");
        failure.Message.ShouldContain(Path.Combine(_folder, "checkpoints"));
        Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).ShouldBe(["checkpoints"]);
    }

    [Fact]
    public void A_half_written_one_is_not_taken()
    {
        var checkpoints = new Checkpoints(_folder, 2);
        checkpoints.Write(At(10), new Dictionary<string, Tensor>());
        Directory.CreateDirectory(Path.Combine(_folder, "checkpoints", "writing-step-000020"));

        checkpoints.Read("run", _ => throw new InvalidOperationException())!.Step.ShouldBe(10);
        checkpoints.Write(At(30), new Dictionary<string, Tensor>());
        checkpoints.All.Select(Path.GetFileName).ShouldBe(["step-000010", "step-000030"]);
    }

    [Fact]
    public void One_of_another_run_or_of_another_shape_is_refused()
    {
        using var scope = NewDisposeScope();
        var checkpoints = new Checkpoints(_folder, 2);
        checkpoints.Write(At(10), new Dictionary<string, Tensor> { ["weight/w"] = zeros([4]) });

        Should.Throw<TrainingFailureException>(() => checkpoints.Read("other", _ => zeros([4]))).Message.ShouldContain("another job");
        Should.Throw<TrainingFailureException>(() => checkpoints.Read("run", _ => zeros([5]))).Message.ShouldContain("'weight/w'");
        File.WriteAllText(Path.Combine(checkpoints.All[0], "state.json"), "{");
        Should.Throw<TrainingFailureException>(() => checkpoints.Read("run", _ => zeros([4]))).Code.ShouldBe("bad-checkpoint");
    }

    private static Cursor At(long step) => new(step, 0, step, 1, "run", 0, 0, 0);

    private sealed class FullDisk(Stream inner, long room) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (inner.Position + count > room)
                throw new IOException("No space left on device");
            inner.Write(buffer, offset, count);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
