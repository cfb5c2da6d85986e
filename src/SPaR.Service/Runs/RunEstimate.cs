using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Service.Runs;

/// <summary>What self-play and the trainings of a run will take, before it starts.</summary>
/// <param name="Instructions">Of all rounds.</param>
/// <param name="Most">If every instruction takes as much as the recipe allows.</param>
/// <param name="Expected">As many for each instruction as in <see cref="Basis"/>; null without one.</param>
/// <param name="Memory">By model.</param>
/// <param name="Training">Of a round, by role; none if the run trains nothing.</param>
/// <param name="FreeMemory">Bytes that this machine has free; null where the system does not say. Workers on other machines have their
/// own.</param>
/// <param name="Basis">The newest run with the same models in which ten instructions or more are done; null without one: a preview makes
/// one.</param>
internal sealed record RunEstimate(
    int Instructions, EstimatedWork Most, ExpectedWork? Expected, IReadOnlyList<ModelMemory> Memory,
    IReadOnlyList<TrainingEstimate> Training, long? FreeMemory, string? Basis)
{
    public static EstimatedWork MostOf(Recipe recipe, long instructions)
    {
        var answers = instructions * recipe.Sample.N;
        var nodes = recipe.Pair.Source is PairSource.Independent ? 0 : instructions
            * Math.Min(recipe.Refine.Budget, SearchStrategies.All[recipe.Refine.Strategy].MostNodes(recipe.Refine));
        var votes = (answers + (nodes * recipe.Judge.Attempts)) * recipe.Judge.Critiques;
        var refinements = nodes * recipe.Refine.Attempts;
        return new(
            new(answers, votes, refinements),
            new(answers * recipe.Sample.MaxTokens, votes * recipe.Judge.MaxTokens, refinements * recipe.Refine.MaxTokens));
    }

    /// <summary>Answers as the recipe asks for; refinements and their votes as often as in the basis.</summary>
    public static ExpectedWork ExpectedOf(Recipe recipe, long instructions, EstimateBasis basis)
    {
        var refined = recipe.Pair.Source is PairSource.Independent ? 0 : (double)basis.Generations.Refine / basis.Done;
        var treeVotes = Math.Max(0, (double)basis.Generations.Judge / basis.Done - ((double)basis.Samples * basis.Votes));
        var votes = recipe.Judge.Critiques * (recipe.Sample.N + (refined == 0 ? 0 : treeVotes / basis.Votes));
        var generations = new StageNumbers(instructions * recipe.Sample.N, Rounded(instructions * votes), Rounded(instructions * refined));
        var tokens = new StageNumbers(
            Rounded(generations.Sample * Per(basis.Tokens.Sample, basis.Generations.Sample)),
            Rounded(generations.Judge * Per(basis.Tokens.Judge, basis.Generations.Judge)),
            Rounded(generations.Refine * Per(basis.Tokens.Refine, basis.Generations.Refine)));
        var rate = Per(basis.Tokens.Sample + basis.Tokens.Judge + basis.Tokens.Refine, basis.Seconds);
        return new(
            generations, tokens, Rounded(instructions * (double)basis.Pairs / basis.Done),
            rate == 0 ? null : Rounded((tokens.Sample + tokens.Judge + tokens.Refine) / rate));

        static double Per(double all, double count) => count == 0 ? 0 : all / count;

        static double Rounded(double number) => Math.Round(number, 1);
    }
}

/// <param name="Generations">Requests for answers, votes and refinements.</param>
/// <param name="Tokens">Generated for them.</param>
internal sealed record EstimatedWork(StageNumbers Generations, StageNumbers Tokens);

/// <param name="Pairs">That it will probably give.</param>
/// <param name="Seconds">Of self-play, at the rate of the basis; null if that is unknown.</param>
internal sealed record ExpectedWork(StageNumbers Generations, StageNumbers Tokens, double Pairs, double? Seconds);

internal sealed record StageNumbers(double Sample, double Judge, double Refine);

/// <param name="Roles"><c>actor</c>, <c>refiner</c>, <c>judge</c>.</param>
/// <param name="Bytes">To run it with this service's settings. Models on the same file share its weights, and each is counted in
/// full. Null if its files cannot be used.</param>
/// <param name="Problem">Why its files cannot be used, and what to do; null if they can.</param>
internal sealed record ModelMemory(string Model, IReadOnlyList<string> Roles, long? Bytes, string? Problem);

/// <summary>What another run has taken.</summary>
/// <param name="Samples">Answers per instruction.</param>
/// <param name="Votes">Per answer.</param>
/// <param name="Seconds">Of self-play.</param>
internal sealed record EstimateBasis(
    string RunId, int Done, int Pairs, int Samples, int Votes, Method.Items.StageCounts Generations, Method.Items.StageCounts Tokens,
    double Seconds);
