namespace SPaR.Torch.Models;

/// <summary>The token sequences of one forward pass and the tokens to predict in them. A row may pack a shared prefix and several
/// completions of it, one after the other. A completion sees the prefix and itself, and its positions continue the prefix's, as if the
/// other completions were not there.</summary>
/// <param name="Tokens">[b, t], int64, padded on the right with any id.</param>
/// <param name="PositionIds">[b, t], int64: each token's position in its own sequence. Null where that is its position in the row.</param>
/// <param name="CompletionIds">[b, t], int64: 0 in the shared prefix, otherwise the completion's number. Null where no row has
/// completions.</param>
/// <param name="Sources">[n], int64: the positions that predict, as indices into [b × t].</param>
/// <param name="Targets">[n], int64: the token that each of them predicts.</param>
internal sealed record PackedSequences(Tensor Tokens, Tensor? PositionIds, Tensor? CompletionIds, Tensor Sources, Tensor Targets)
{
    public long Rows => Tokens.shape[0];

    public long Time => Tokens.shape[1];

    public Device Device => Tokens.device;

    public PackedSequences To(Device device) => new(
        Tokens.to(device), PositionIds?.to(device), CompletionIds?.to(device), Sources.to(device), Targets.to(device));

    /// <summary>Predicts every token of every row but the first, row by row.</summary>
    /// <param name="tokens">[b, t], int64.</param>
    public static PackedSequences All(Tensor tokens)
    {
        var (rows, time) = (tokens.shape[0], tokens.shape[1]);
        var sources = arange(rows * time, ScalarType.Int64).reshape(rows, time).narrow(1, 0, time - 1);
        return new PackedSequences(tokens, null, null, sources.reshape(-1), tokens.narrow(1, 1, time - 1).reshape(-1));
    }
}
