using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SPaR.Abstractions;

namespace SPaR.Llama.Sampling;

/// <summary>Draws the next token from logits. Top-k and min-p are thresholds. For top-p none is looked for: a token is drawn from all, and
/// stays if the mass that ranks before it is less than the one wanted; if not, the next is drawn from what ranks before it (as
/// flashinfer.ai/2025/03/10/sampling.html does). A draw costs a pass over the weights, and the first stays with the probability top-p,
/// whatever the distribution: there is none that is slow. Holds scratch memory: one per thread.</summary>
internal sealed class Sampler(int vocabulary)
{
    /// <summary>Below it the distribution is one token anyway, and 1/temperature would overflow.</summary>
    private const double Greedy = 1e-6;

    private readonly TokenWeights _drawn = new(vocabulary);
    private TokenWeights? _untempered;
    private float[]? _penalised;

    // Of the last distribution: the weights that the filters read, what top-k and min-p keep, what top-k keeps weighs, and how much
    // of that may rank before a token that top-p keeps.
    private TokenWeights _ranks = new(0);
    private Edge _edge;
    private double _mass;
    private double _wanted;

    /// <summary>What the tokens weigh in the last distribution, by id, before the filters.</summary>
    public ReadOnlySpan<float> Weights => _drawn.Values;

    /// <param name="prompt">With <paramref name="generated"/>, the tokens that <see cref="SamplingOptions.RepetitionPenalty"/> is for; only
    /// read where it is not 1.</param>
    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public int Draw(
        ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated, ref SplitMix random)
    {
        if (options.RepetitionPenalty != 1)
            logits = Penalise(logits, (float)options.RepetitionPenalty, prompt, generated);
        if (options.Temperature < Greedy)
            return MostProbable(logits);
        Take(logits, options);
        while (true)
        {
            var token = _drawn.At(random.Next() * _drawn.Mass, _edge, _ranks);
            if (Keeps(token))
                return token;
            _edge = new Edge(_ranks.Values[token], token);
            _drawn.Narrow(_edge, _ranks);
        }
    }

    /// <summary>Takes a distribution in, for <see cref="Keeps"/>.</summary>
    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public void Take(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        var greatest = Greatest(logits);
        _drawn.Fill(logits, greatest, (float)(1 / options.Temperature));
        _ranks = _drawn;
        var filters = options.TopP < 1 || options.TopK > 0 || options.MinP > 0;
        if (filters && options.Order == SamplingOrder.FiltersFirst && options.Temperature != 1)
        {
            _ranks = _untempered ??= new(vocabulary);
            _ranks.Fill(logits, greatest, 1);
        }
        Filter(options);
    }

    /// <summary>Whether the filters keep a token of the last distribution.</summary>
    public bool Keeps(int token)
    {
        var weight = _ranks.Values[token];
        // All others together are no less than those before it: a likely token is kept without looking.
        return _edge.Holds(weight, token)
            && (_mass - weight < _wanted || _ranks.MassOf(new(weight, token), _ranks) < _wanted);
    }

    private void Filter(SamplingOptions options)
    {
        _edge = Edge.All;
        _mass = _ranks.Mass;
        if (options.TopK > 0 && options.TopK < vocabulary)
        {
            _edge = _ranks.Greatest(options.TopK);
            _mass = _ranks.MassOf(_edge, _ranks);
        }
        _wanted = options.TopP < 1 ? options.TopP * _mass : double.PositiveInfinity;
        // The greatest weight is 1, so a share of it is a weight.
        if (options.MinP > 0)
            _edge = _edge.And(new((float)options.MinP, vocabulary));
        if (_edge != Edge.All)
            _drawn.Narrow(_edge, _ranks);
    }

    /// <summary>What greedy generation takes: the first of the greatest.</summary>
    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public static int MostProbable(ReadOnlySpan<float> logits) =>
        MemoryMarshal.Cast<float, int>(logits).IndexOf(BitConverter.SingleToInt32Bits(Greatest(logits)));

    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public static float Greatest(ReadOnlySpan<float> logits)
    {
        // Not a number where any is not.
        var greatest = TensorPrimitives.Max(logits);
        return float.IsFinite(greatest) ? greatest : throw new DamagedWeightsException();
    }

    /// <summary>CTRL (arXiv 1909.05858), section 4.1: a positive logit of a token that stood before is divided, a negative one
    /// multiplied.</summary>
    private ReadOnlySpan<float> Penalise(ReadOnlySpan<float> logits, float penalty, ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated)
    {
        _penalised ??= new float[vocabulary];
        logits.CopyTo(_penalised);
        Penalise(logits, penalty, prompt);
        Penalise(logits, penalty, generated);
        return _penalised;
    }

    private void Penalise(ReadOnlySpan<float> logits, float penalty, ReadOnlySpan<int> tokens)
    {
        // From the untouched logits, so that a token that stood twice is penalised once.
        foreach (var token in tokens)
            _penalised![token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
    }
}
