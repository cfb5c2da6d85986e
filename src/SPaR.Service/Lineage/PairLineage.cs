using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Items;
using SPaR.Service.Models;

namespace SPaR.Service.Lineage;

/// <summary>The whole path of a pair: where it came from, and what became of it.</summary>
/// <param name="Run">That made it.</param>
/// <param name="Rejected">The answer that the actor sampled, and what the judge said of it.</param>
/// <param name="Chosen">The nodes from the root of the tree to the chosen answer; of an independent pair, the chosen answer alone.</param>
/// <param name="Human">What a person said of it; null if nobody did.</param>
/// <param name="Datasets">Those that it was frozen into.</param>
/// <param name="Trainings">Those whose data it is in, from its round or from a dataset; a training may have held it out.</param>
/// <param name="Models">Those that these trainings made.</param>
/// <param name="Evaluations">Of these models.</param>
internal sealed record PairLineage(
    string Pair, LineageInstruction Instruction, LineageRun Run, LineageStep Rejected, IReadOnlyList<LineageStep> Chosen,
    LineagePair Values, GivenVerdictView? Human, IReadOnlyList<LineageDataset> Datasets, IReadOnlyList<LineageTraining> Trainings,
    IReadOnlyList<LineageModel> Models, IReadOnlyList<LineageEvaluation> Evaluations);

/// <param name="Position">Its row in the set, from 0.</param>
internal sealed record LineageInstruction(string Id, string Set, string SetName, int Position, IReadOnlyList<ChatMessage> Messages);

/// <param name="Judge">The model that judged: the refiner, unless the run names a third.</param>
internal sealed record LineageRun(
    string Id, string? Name, int Round, string Recipe, string Seed, LineageModel Actor, LineageModel Refiner, LineageModel Judge);

/// <param name="Sha256">Null if the model was deleted.</param>
internal sealed record LineageModel(string Id, string? Name, string? Sha256, string? Training = null);

/// <summary>An answer, with what it was made with and how it was judged.</summary>
/// <param name="Subject">A sampled answer (<c>a2</c>) or a node (<c>r.0.1</c>).</param>
/// <param name="ModelHash">SHA-256 of the model file that wrote it.</param>
/// <param name="PromptHash">SHA-256 of the conversation that it answers.</param>
/// <param name="JudgedBy">SHA-256 of the model file that judged it; null, like label and value, if it was not judged.</param>
internal sealed record LineageStep(
    string Subject, string Text, ulong Seed, string ModelHash, string PromptHash, Label? Label, double? Value, string? JudgedBy)
{
    public static LineageStep Of(Answer a, Judgement? j) =>
        new($"a{a.Index}", a.Text, a.Seed, a.ModelHash, a.PromptHash, j?.Label, j?.Value, j?.ModelHash);

    public static LineageStep Of(Node n, Judgement? j) =>
        new(n.Path, n.Text, n.Seed, n.ModelHash, n.PromptHash, n.Label, n.Value, j?.ModelHash);
}

/// <param name="FilteredBy">The filter of the run's recipe that leaves it out of trainings; null if none does.</param>
internal sealed record LineagePair(double ChosenValue, double RejectedValue, double Similarity, PairFilter? FilteredBy);

/// <param name="Position">Its row in the dataset, from 0.</param>
internal sealed record LineageDataset(string Id, string Name, int Version, string Sha256, int Position);

/// <param name="Datasets">The rounds of runs and the datasets.</param>
/// <param name="Dropped">Why this training left it out after all; null if it did not.</param>
internal sealed record LineageTraining(
    string Id, string? Name, string Method, RunStatus Status, IReadOnlyList<TrainingSource> Datasets, string? DatasetSha256, string? Result,
    string? Dropped);

internal sealed record LineageEvaluation(string Id, string? Name, string Benchmark, RunStatus Status, string Model);
