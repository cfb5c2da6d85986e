using System.Collections.Immutable;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>The rows of one pass as tensors. A pair is one row: what its sides share stands once, and their own tokens behind it, as
/// branches that do not see each other.</summary>
/// <param name="Member">[sides × rows, n], F64: 1 where a target belongs to the sequence, else 0; first the first sides of all rows,
/// then the second sides.</param>
internal sealed record TokenBatch(Passage Passage, Tensor Member)
{
    public static TokenBatch Of(ImmutableArray<Example> rows)
    {
        var layout = new Layout(rows.Length, (int)rows.Max(r => r.Tokens));
        for (var row = 0; row < rows.Length; row++)
            layout.Add(row, rows[row]);
        return layout.ToBatch(rows[0].Sides.Length);
    }

    /// <summary>Multiplied with what is known of each target, this gives the sums over each sequence.</summary>
    /// <param name="numbers">[n]</param>
    /// <returns>[sides × rows], F64: in F32 the sum over a long answer would be off by more than the margin of the first step may
    /// be.</returns>
    public Tensor Sums(Tensor numbers) => Member.mm(numbers.to_type(ScalarType.Float64).unsqueeze(1)).squeeze(1);

    private sealed class Layout(int rows, int time)
    {
        private readonly long[] _tokens = new long[rows * time];
        private readonly long[] _places = new long[rows * time];
        private readonly long[] _branches = new long[rows * time];
        private readonly List<long> _sources = [];
        private readonly List<long> _targets = [];
        private readonly List<int> _owners = [];

        public void Add(int row, Example example)
        {
            var next = row * time;
            for (var place = 0; place < example.Stem; place++)
                Put(next++, example.Sides[0].Tokens[place], place, 0);
            for (var side = 0; side < example.Sides.Length; side++)
            {
                var (sequence, branch) = (example.Sides[side], next);
                for (var place = example.Stem; place < sequence.Tokens.Length; place++)
                    Put(next++, sequence.Tokens[place], place, side + 1);
                for (var place = 1; place < sequence.Tokens.Length; place++)
                    if (sequence.Targets[place])
                        Predict(place - 1 < example.Stem ? row * time + place - 1 : branch + place - 1 - example.Stem,
                            sequence.Tokens[place], side * rows + row);
            }
        }

        public TokenBatch ToBatch(int sides)
        {
            var member = new double[sides * rows * _targets.Count];
            for (var target = 0; target < _owners.Count; target++)
                member[_owners[target] * _targets.Count + target] = 1;
            var branched = _branches.Any(b => b > 0);
            return new TokenBatch(
                new Passage(Grid(_tokens), branched ? Grid(_places) : null, branched ? Grid(_branches) : null,
                    tensor(_sources.ToArray(), [_sources.Count]), tensor(_targets.ToArray(), [_targets.Count])),
                tensor(member, [sides * rows, _targets.Count]));
        }

        private void Put(int at, int token, int place, int branch) => (_tokens[at], _places[at], _branches[at]) = (token, place, branch);

        private void Predict(int source, int target, int owner)
        {
            _sources.Add(source);
            _targets.Add(target);
            _owners.Add(owner);
        }

        private Tensor Grid(long[] numbers) => tensor(numbers, [rows, time]);
    }
}
