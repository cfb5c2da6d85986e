using static TorchSharp.torch;

namespace SPaR.Benchmarks.Training;

/// <summary>Only the matrix products of one training step, in its order and on separate operands: the time of a step if everything else
/// were free. Each linear map has three (forward, gradients of input and weights), the attention of each layer six.</summary>
internal sealed class MatrixProducts : IDisposable
{
    private readonly List<(Tensor X, Tensor W, Tensor Y)> _linear = [];
    private readonly List<(Tensor Q, Tensor K, Tensor S)> _attention = [];

    /// <param name="predicted">Positions that go through the head.</param>
    public MatrixProducts(RandomLlama shape, int rows, int time, int predicted)
    {
        long n = (long)rows * time, width = shape.Width, head = shape.HeadWidth;
        long[] outputs = [shape.Heads * head, shape.KeyValueHeads * head, shape.KeyValueHeads * head];
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            foreach (var output in outputs)
                Add(n, width, output);
            var (batch, group) = ((long)rows * shape.KeyValueHeads, (long)shape.Heads / shape.KeyValueHeads);
            _attention.Add((randn([batch, group * time, head]), randn([batch, time, head]), randn([batch, group * time, time])));
            Add(n, shape.Heads * head, width);
            Add(n, width, shape.Inner);
            Add(n, width, shape.Inner);
            Add(n, shape.Inner, width);
        }

        Add(predicted, width, shape.Vocabulary);
        Flops = _linear.Sum(l => 6.0 * l.X.shape[0] * l.X.shape[1] * l.Y.shape[1])
            + _attention.Sum(a => 12.0 * a.S.numel() * head);

        void Add(long n, long from, long to) => _linear.Add((randn([n, from]), randn([to, from]), randn([n, to])));
    }

    public double Flops { get; }

    public void Run()
    {
        foreach (var (x, w, y) in _linear)
        {
            using var scope = NewDisposeScope();
            x.mm(w.transpose(0, 1));
            y.mm(w);
            y.transpose(0, 1).mm(x);
        }

        foreach (var (q, k, s) in _attention)
        {
            using var scope = NewDisposeScope();
            for (var repeat = 0; repeat < 2; repeat++)
            {
                q.bmm(k.transpose(1, 2));
                s.bmm(k);
                s.transpose(1, 2).bmm(q);
            }
        }
    }

    public void Dispose()
    {
        foreach (var tensor in _linear.SelectMany(l => new[] { l.X, l.W, l.Y }).Concat(_attention.SelectMany(a => new[] { a.Q, a.K, a.S })))
            tensor.Dispose();
    }
}
