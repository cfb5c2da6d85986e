namespace SPaR.Service.Lifecycle;

/// <summary>What has a status: a run, a training, an evaluation or a conversion, each in its table.</summary>
internal sealed class WorkKind
{
    private WorkKind(string name, string table, string reason) =>
        (Name, EventPrefix, Table, Reason) = (name, name.Split(' ')[0], table, reason);

    public static WorkKind Run { get; } = new("run", "spar.runs", "code = {2}, detail = {3}");

    public static WorkKind Training { get; } = new(
        "training run", "spar.training_runs", "failure_code = {2}, failure_message = {3}, failure_row = {4}");

    public static WorkKind Evaluation { get; } = new("evaluation", "spar.evaluations", "failure_code = {2}, failure_message = {3}");

    public static WorkKind Conversion { get; } = new("conversion", "spar.conversions", "failure_code = {2}, failure_message = {3}");

    public string Name { get; }

    /// <summary>What the types of its events begin with: <c>run</c>, <c>training</c>, <c>evaluation</c> or <c>conversion</c>.</summary>
    public string EventPrefix { get; }

    public string Table { get; }

    /// <summary>Stores a <see cref="MoveReason"/>: its code is <c>{2}</c>, its message <c>{3}</c>, its row <c>{4}</c>.</summary>
    public string Reason { get; }

    public bool IsTraining => this == Training;

    /// <summary>Whether rounds of runs start some of it, with the run's id in <c>run_id</c>.</summary>
    public bool BelongsToRuns => this == Training || this == Evaluation;
}
