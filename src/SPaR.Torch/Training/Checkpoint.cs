using System.Collections.Immutable;

namespace SPaR.Torch.Training;

/// <summary>The state of a run after a step, apart from its tensors.</summary>
/// <param name="Step">Steps done. The position in the data and the random numbers derive from it and the seed.</param>
/// <param name="Epoch">Of the next step, from 0.</param>
/// <param name="Batch">Of the next step within its epoch, from 0.</param>
/// <param name="Seed">The random numbers of the next step derive from it and from <paramref name="Step"/>.</param>
/// <param name="Run">Hash of job and data: a checkpoint fits only the run that wrote it.</param>
/// <param name="Tokens">Seen so far.</param>
/// <param name="Stuck"><see cref="TrainingMonitor.StuckCount"/></param>
/// <param name="Fallen"><see cref="TrainingMonitor.CollapsedCount"/></param>
/// <param name="Best">Null before the first evaluation.</param>
internal sealed record Cursor(
    long Step, long Epoch, long Batch, long Seed, string Run, long Tokens, int Stuck, int Fallen, BestEvaluation? Best = null);

/// <summary>A tensor in <c>tensors.bin</c>: its numbers in row order, little-endian.</summary>
internal sealed record StoredTensor(string Name, ScalarType Type, ImmutableArray<long> Shape, long Offset, long Bytes);

/// <summary><c>state.json</c> of a checkpoint. Weights are named <c>weight/NAME</c>, optimiser state <c>state/KEY</c>.</summary>
internal sealed record CheckpointState(Cursor Cursor, ImmutableArray<StoredTensor> Tensors);
