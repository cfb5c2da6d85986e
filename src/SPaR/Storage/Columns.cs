using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using SPaR.Abstractions;
using SPaR.Evaluation;
using SPaR.Instructions;
using SPaR.Judging;
using SPaR.Keys;
using SPaR.Refinement;
using SPaR.Runs;
using SPaR.Training;
using SPaR.Verifying;

namespace SPaR.Storage;

/// <summary>How values are stored: enums as text in kebab case, composed values as <c>jsonb</c>, tokens as <c>integer[]</c>, seeds as
/// <c>bigint</c> with the same 64 bits.</summary>
internal static class Columns
{
    public static void Configure(ModelConfigurationBuilder builder)
    {
        Enum<ItemState>(builder);
        Enum<Scope>(builder);
        Enum<RunStatus>(builder);
        Enum<RoundStage>(builder);
        Json<IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>>>(builder);
        Enum<Decoding>(builder);
        Enum<ResultState>(builder);
        Json<ItemResult>(builder);
        Json<EvaluationFigures>(builder);
        Json<JsonElement>(builder);
        Enum<Label>(builder);
        Json<Verification>(builder);
        Enum<NodeOutcome>(builder);
        Enum<ExampleKind>(builder);
        Json<ImmutableArray<ChatMessage>>(builder);
        Json<ImmutableArray<Vote>>(builder);
        Json<ImmutableArray<TrainingMessage>>(builder);
        Enum<TrainingMethod>(builder);
        Enum<TrainingStatus>(builder);
        Enum<TrainingRole>(builder);
        Enum<DatasetFormat>(builder);
        Json<TrainingSource>(builder);
        Json<TrainingOptions>(builder);
        Json<ImmutableArray<DroppedRow>>(builder);
        Json<Preflight>(builder);
        Json<JsonNode>(builder);
        builder.Properties<ImmutableArray<int>>().HaveConversion<TokensColumn, WholeValueComparer<ImmutableArray<int>>>()
            .HaveColumnType("integer[]");
        builder.Properties<Recipe>().HaveConversion<RecipeColumn, WholeValueComparer<Recipe>>().HaveColumnType("jsonb");
        builder.Properties<ulong>().HaveConversion<SeedColumn>();
    }

    private static void Enum<T>(ModelConfigurationBuilder builder)
        where T : struct, Enum => builder.Properties<T>().HaveConversion<EnumColumn<T>>();

    private static void Json<T>(ModelConfigurationBuilder builder) =>
        builder.Properties<T>().HaveConversion<JsonColumn<T>, WholeValueComparer<T>>().HaveColumnType("jsonb");

    private sealed class JsonColumn<T>() : ValueConverter<T, string>(
        value => JsonSerializer.Serialize(value, RowJson.Options), text => JsonSerializer.Deserialize<T>(text, RowJson.Options)!);

    private sealed class RecipeColumn() : ValueConverter<Recipe, string>(
        recipe => RecipeJson.Write(recipe), text => RecipeJson.Parse(text));

    private sealed class EnumColumn<T>() : ValueConverter<T, string>(value => Kebab.Of(value), text => Kebab.Parse<T>(text))
        where T : struct, Enum;

    private sealed class TokensColumn() : ValueConverter<ImmutableArray<int>, int[]>(
        tokens => tokens.ToArray(), array => ImmutableArray.Create(array));

    // The sign is lost on the way in and found again on the way out: the 64 bits stay.
    private sealed class SeedColumn() : ValueConverter<ulong, long>(seed => unchecked((long)seed), bits => unchecked((ulong)bits));

    // Rows are never changed in place, so comparing by reference or value is enough and no copy is needed.
    private sealed class WholeValueComparer<T>() : ValueComparer<T>(
        (a, b) => object.Equals(a, b), value => value == null ? 0 : value.GetHashCode(), value => value);
}
