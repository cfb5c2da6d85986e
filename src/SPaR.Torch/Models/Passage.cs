using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>The token sequences of one forward pass, and what is to be predicted in them. A row may hold a stem and several branches of
/// it behind each other: a branch sees the stem and itself, and begins where the stem ends, as if the others were not there.</summary>
/// <param name="Tokens">[b, t], int64, padded on the right with any id.</param>
/// <param name="Places">[b, t], int64: each token's place in its sequence. Null where that is its place in the row.</param>
/// <param name="Branches">[b, t], int64: 0 in the stem, else the number of the branch. Null where no row has branches.</param>
/// <param name="Sources">[n], int64: the positions that predict, as indices into [b × t].</param>
/// <param name="Targets">[n], int64: the token that each of them is to predict.</param>
internal sealed record Passage(Tensor Tokens, Tensor? Places, Tensor? Branches, Tensor Sources, Tensor Targets)
{
    public long Rows => Tokens.shape[0];

    public long Time => Tokens.shape[1];

    /// <summary>Where it is computed.</summary>
    public Device Place => Tokens.device;

    public Passage To(Device place) => new(
        Tokens.to(place), Places?.to(place), Branches?.to(place), Sources.to(place), Targets.to(place));

    /// <summary>Every token of every row but its first is to be predicted, row by row.</summary>
    /// <param name="tokens">[b, t], int64.</param>
    public static Passage All(Tensor tokens)
    {
        var (rows, time) = (tokens.shape[0], tokens.shape[1]);
        var places = arange(rows * time, ScalarType.Int64).reshape(rows, time).narrow(1, 0, time - 1);
        return new Passage(tokens, null, null, places.reshape(-1), tokens.narrow(1, 1, time - 1).reshape(-1));
    }
}
