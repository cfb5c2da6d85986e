using System.Collections.Immutable;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>The rows of one micro-batch as tensors. A pair is one row: the shared prefix once, then what is left of both completions,
/// which do not see each other. A target in the prefix is predicted once and belongs to both.</summary>
/// <param name="Membership">[sides × rows, n], F64: 1 where a target belongs to the sequence, otherwise 0. The first sides of all rows
/// come first, then the second sides.</param>
internal sealed record TokenBatch(PackedSequences Sequences, Tensor Membership)
{
    public static TokenBatch Of(ImmutableArray<Example> rows)
    {
        var layout = new Layout(rows.Length, (int)rows.Max(r => r.Tokens));
        for (var row = 0; row < rows.Length; row++)
            layout.Add(row, rows[row]);
        return layout.ToBatch(rows[0].Sides.Length);
    }

    /// <summary>Sums a value per target over each sequence.</summary>
    /// <param name="values">[n]</param>
    /// <returns>[sides × rows], F64: in F32 the sum over a long answer would be off by more than the margin of the first step may
    /// be.</returns>
    public Tensor Sums(Tensor values) => Membership.mm(values.to_type(ScalarType.Float64).unsqueeze(1)).squeeze(1);

    private sealed class Layout(int rows, int time)
    {
        private readonly long[] _tokens = new long[rows * time];
        private readonly long[] _positionIds = new long[rows * time];
        private readonly long[] _completionIds = new long[rows * time];
        private readonly List<long> _sources = [];
        private readonly List<long> _targets = [];
        private readonly List<(int Owner, int Target)> _owners = [];

        public void Add(int row, Example example)
        {
            var (start, shared, sides) = (row * time, example.SharedPrefix, example.Sides);
            for (var position = 0; position < shared; position++)
                Put(start + position, sides[0].Tokens[position], position, 0);
            for (var position = 1; position < shared; position++)
                if (sides[0].Targets[position])
                    Predict(start + position - 1, sides[0].Tokens[position], Enumerable.Range(0, sides.Length).Select(s => s * rows + row));
            var next = start + shared;
            for (var side = 0; side < sides.Length; side++)
            {
                for (var position = shared; position < sides[side].Tokens.Length; position++, next++)
                {
                    Put(next, sides[side].Tokens[position], position, side + 1);
                    // The first token after the prefix is predicted by its last.
                    if (position > 0 && sides[side].Targets[position])
                        Predict(position == shared ? start + shared - 1 : next - 1, sides[side].Tokens[position], [side * rows + row]);
                }
            }
        }

        public TokenBatch ToBatch(int sides)
        {
            var membership = new double[sides * rows * _targets.Count];
            foreach (var (owner, target) in _owners)
                membership[owner * _targets.Count + target] = 1;
            var packed = _completionIds.Any(id => id > 0);
            return new TokenBatch(
                new PackedSequences(Grid(_tokens), packed ? Grid(_positionIds) : null, packed ? Grid(_completionIds) : null,
                    tensor(_sources.ToArray(), [_sources.Count]), tensor(_targets.ToArray(), [_targets.Count])),
                tensor(membership, [sides * rows, _targets.Count]));
        }

        private void Put(int index, int token, int position, int completion) =>
            (_tokens[index], _positionIds[index], _completionIds[index]) = (token, position, completion);

        private void Predict(int source, int target, IEnumerable<int> owners)
        {
            _owners.AddRange(owners.Select(owner => (owner, _targets.Count)));
            _sources.Add(source);
            _targets.Add(target);
        }

        private Tensor Grid(long[] numbers) => tensor(numbers, [rows, time]);
    }
}
