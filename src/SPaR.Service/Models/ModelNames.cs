using SPaR.Method.Input;

namespace SPaR.Service.Models;

/// <summary>Finds a model by what a user calls it: its id, its name, or its path in the models folder.</summary>
internal static class ModelNames
{
    /// <summary>Ids that an error names.</summary>
    private const int Named = 5;

    /// <summary>The models of the three roles. Without a refiner the actor refines, and without a judge the refiner judges.</summary>
    /// <param name="field">What the request calls the actor.</param>
    /// <param name="within">What comes before <c>refiner</c> and <c>judge</c> in the paths of errors.</param>
    public static async Task<RoleModels> FindRolesAsync(
        SparDb db, string actor, string? refiner, string? judge, string field, string within, List<FieldError> errors,
        CancellationToken cancellationToken)
    {
        var acting = await FindAsync(db, actor, field, errors, cancellationToken);
        var refining = refiner is null ? acting : await FindAsync(db, refiner, $"{within}refiner", errors, cancellationToken);
        var judging = judge is null ? refining : await FindAsync(db, judge, $"{within}judge", errors, cancellationToken);
        return new(acting, refining, judging);
    }

    /// <param name="wanted">Null is none.</param>
    /// <param name="field">What the request calls it.</param>
    /// <returns>Null, with an error, if there is none, or more than one of that name.</returns>
    public static async Task<Model?> FindAsync(
        SparDb db, string? wanted, string field, List<FieldError> errors, CancellationToken cancellationToken)
    {
        if (wanted is null)
            return null;
        var found = await db.Models.AsNoTracking().Where(m => m.Id == wanted || m.Name == wanted || m.Path == wanted)
            .OrderByDescending(m => m.Id).Take(Named + 1).ToListAsync(cancellationToken);
        if (found.Find(m => m.Id == wanted) is { } exact)
            return exact;
        if (found is [var only])
            return only;
        errors.Add(new(field, found.Count == 0
            ? $"There is no model '{wanted}'; /v1/models lists them."
            : $"Several models are called '{wanted}': {Deletion.Naming([.. found.Select(m => $"{m.Id} ({m.Path})")])}. Use an id."));
        return null;
    }
}

/// <summary>Who acts, refines and judges; null where there is an error, and the request is not used.</summary>
internal sealed record RoleModels(Model? Actor, Model? Refiner, Model? Judge)
{
    public (string Actor, string Refiner, string Judge) Ids => (Actor?.Id ?? "", Refiner?.Id ?? "", Judge?.Id ?? "");
}
