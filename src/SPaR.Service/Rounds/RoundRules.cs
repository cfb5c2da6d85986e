using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Models;

namespace SPaR.Service.Rounds;

/// <summary>Checks the options of a run's rounds against its instructions. Reads no database.</summary>
internal static class RoundRules
{
    public static readonly NumberRange Rounds = new(1, 20);

    /// <param name="rounds">As asked for.</param>
    /// <param name="instructions">How many the set has; null where there is no such set.</param>
    public static void Check(int rounds, Recipe recipe, int? instructions, List<FieldError> errors)
    {
        if (!Rounds.Holds(rounds))
            errors.Add(new("rounds", $"rounds is {rounds}; it must be {Rounds.Whole}."));
        else if (rounds > 1 && recipe.Train is null)
            errors.Add(new(
                "recipe.train", $"must be given, as rounds is {rounds}: without training every round would play with the same models. "
                + "An empty object takes the defaults."));
        if (rounds > 1 && recipe.Train is { StartFrom: StartFrom.LastRound } train)
            foreach (var (role, options) in new[] { ("actor", train.Actor), ("refiner", train.Refiner) })
                if (options.Lora is { Merge: false })
                    errors.Add(new(
                        $"recipe.train.{role}.lora.merge",
                        $"must be true, as rounds is {rounds} and train.start_from is last-round: the second round would train an adapter, "
                        + "and training starts from a model of its own. Merge, or set start_from to first-round."));
        if (recipe.InstructionsPerRound is { } each && Rounds.Holds(rounds) && (long)each * rounds > instructions)
            errors.Add(new(
                "recipe.instructions_per_round",
                $"is {each}; {rounds} rounds of it take {(long)each * rounds} instructions, and the set has {instructions}."));
        if (recipe is { Train: null, Rollback: not null })
            errors.Add(new("recipe.rollback", "must be null, as the run does not train: no round can make its models worse."));
    }

    /// <param name="models">The actor's and, where the request names one, the refiner's, by the field that names it; a model that does not
    /// exist is null.</param>
    /// <returns>The models that the first round trains, each with the field of its options.</returns>
    public static IEnumerable<FirstTraining> Trainings(Recipe recipe, IReadOnlyList<(string Field, Model? Model)> models)
    {
        if (recipe.Train is not { } train)
            yield break;
        // Without a refiner of its own the run trains the actor's model for both.
        foreach (var (role, (field, model), options) in new[] { ("actor", models[0], train.Actor), ("refiner", models[^1], train.Refiner) })
            if (model is not null)
                yield return new(model, field, options, $"recipe.train.{role}");
    }
}

/// <param name="Field">Names the model in the request.</param>
/// <param name="OptionsField">Has the options in the request.</param>
internal sealed record FirstTraining(Model Model, string Field, TrainingOptions Options, string OptionsField);
