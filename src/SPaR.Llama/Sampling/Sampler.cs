using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SPaR.Llama.Sampling;

/// <summary>Draws the next token from logits. Top-k and min-p are thresholds. Top-p is sampled by rejection: a token is drawn from all, and
/// accepted if the mass that ranks before it is less than top-p; if not, the next is drawn from what ranks before it (as in
/// flashinfer.ai/2025/03/10/sampling.html). A draw costs one pass over the weights, and the first is accepted with probability top-p, so
/// no distribution is slow. Holds scratch memory: use one per thread.</summary>
internal sealed class Sampler(int vocabulary)
{
    /// <summary>Below this temperature the distribution is a single token, and 1/temperature would overflow.</summary>
    private const double Greedy = 1e-6;

    private readonly TokenWeights _weights = new(vocabulary);
    private TokenWeights? _untempered;
    private float[]? _penalised;

    // Of the last distribution: the weights that the filters read; what top-k and min-p keep; the mass that top-k keeps; how much of
    // that mass may rank before a token that top-p keeps.
    private TokenWeights _ranks = new(0);
    private Cutoff _cutoff;
    private double _mass;
    private double _topPMass;

    /// <summary>[vocabulary] Weights of the last distribution, before the filters.</summary>
    public ReadOnlySpan<float> Weights => _weights.Values;

    /// <param name="prompt">With <paramref name="generated"/>, the tokens to which <see cref="SamplingOptions.RepetitionPenalty"/> applies;
    /// read only if it is not 1.</param>
    /// <exception cref="DamagedWeightsException">A logit is not finite.</exception>
    public int Draw(
        ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated, ref SplitMix random)
    {
        if (options.RepetitionPenalty != 1)
            logits = Penalise(logits, (float)options.RepetitionPenalty, prompt, generated);
        if (options.Temperature < Greedy)
            return MostProbable(logits);
        SetDistribution(logits, options);
        while (true)
        {
            var token = _weights.At(random.Next() * _weights.Mass, _cutoff, _ranks);
            if (Keeps(token))
                return token;
            _cutoff = new Cutoff(_ranks.Values[token], token);
            _weights.Narrow(_cutoff, _ranks);
        }
    }

    /// <summary>Computes the distribution that <see cref="Keeps"/> reads.</summary>
    /// <exception cref="DamagedWeightsException">A logit is not finite.</exception>
    public void SetDistribution(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        var greatest = Greatest(logits);
        _weights.Fill(logits, greatest, (float)(1 / options.Temperature));
        _ranks = _weights;
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
        // All other tokens weigh at least as much as those before it: a likely token is kept without a search.
        return _cutoff.Keeps(weight, token)
            && (_mass - weight < _topPMass || _ranks.MassOf(new(weight, token), _ranks) < _topPMass);
    }

    private void Filter(SamplingOptions options)
    {
        _cutoff = Cutoff.All;
        _mass = _ranks.Mass;
        if (options.TopK > 0 && options.TopK < vocabulary)
        {
            _cutoff = _ranks.Greatest(options.TopK);
            _mass = _ranks.MassOf(_cutoff, _ranks);
        }
        _topPMass = options.TopP < 1 ? options.TopP * _mass : double.PositiveInfinity;
        // The greatest weight is 1, so min-p is a weight.
        if (options.MinP > 0)
            _cutoff = _cutoff.And(new((float)options.MinP, vocabulary));
        if (_cutoff != Cutoff.All)
            _weights.Narrow(_cutoff, _ranks);
    }

    /// <summary>The token of greedy generation: the first with the greatest logit.</summary>
    /// <exception cref="DamagedWeightsException">A logit is not finite.</exception>
    public static int MostProbable(ReadOnlySpan<float> logits) =>
        MemoryMarshal.Cast<float, int>(logits).IndexOf(BitConverter.SingleToInt32Bits(Greatest(logits)));

    /// <exception cref="DamagedWeightsException">A logit is not finite.</exception>
    public static float Greatest(ReadOnlySpan<float> logits)
    {
        // NaN if any is NaN.
        var greatest = TensorPrimitives.Max(logits);
        return float.IsFinite(greatest) ? greatest : throw new DamagedWeightsException();
    }

    /// <summary>CTRL (arXiv 1909.05858), section 4.1: the logit of an earlier token is divided if positive, multiplied if
    /// negative.</summary>
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
        // From the original logits, so that a repeated token is penalised once.
        foreach (var token in tokens)
            _penalised![token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
    }
}
