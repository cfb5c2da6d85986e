using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Storage;

/// <summary>How values are stored: enums as text in kebab case, tokens as <c>integer[]</c>, seeds as <c>bigint</c> with the same 64 bits,
/// all other composite values as <c>jsonb</c>. Finds the rows by their <see cref="IEntityTypeConfiguration{TEntity}"/>.</summary>
internal static class Columns
{
    private static readonly Type[] Plain =
        [typeof(string), typeof(int), typeof(long), typeof(double), typeof(bool), typeof(DateTimeOffset), typeof(byte[])];

    public static void Configure(ModelConfigurationBuilder builder)
    {
        builder.Properties<ImmutableArray<int>>().HaveConversion<TokensColumn, WholeValueComparer<ImmutableArray<int>>>()
            .HaveColumnType("integer[]");
        builder.Properties<Recipe>().HaveConversion<RecipeColumn, WholeValueComparer<Recipe>>().HaveColumnType("jsonb");
        builder.Properties<ulong>().HaveConversion<SeedColumn>();
        var rows = Rows();
        var types = rows.SelectMany(row => row.GetProperties()).Select(p => Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType)
            .Distinct().Except([.. Plain, .. rows, typeof(ImmutableArray<int>), typeof(Recipe), typeof(ulong)]);
        foreach (var type in types)
        {
            if (type.IsEnum)
                builder.Properties(type).HaveConversion(typeof(EnumColumn<>).MakeGenericType(type));
            else
                builder.Properties(type)
                    .HaveConversion(typeof(JsonColumn<>).MakeGenericType(type), typeof(WholeValueComparer<>).MakeGenericType(type))
                    .HaveColumnType("jsonb");
        }
    }

    private static Type[] Rows() =>
    [
        .. typeof(SparDb).Assembly.GetTypes().SelectMany(type => type.GetInterfaces())
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEntityTypeConfiguration<>))
            .Select(i => i.GetGenericArguments()[0]).Distinct(),
    ];

    private sealed class JsonColumn<T>() : ValueConverter<T, string>(
        value => JsonSerializer.Serialize(value, RowJson.Options), text => JsonSerializer.Deserialize<T>(text, RowJson.Options)!);

    private sealed class RecipeColumn() : ValueConverter<Recipe, string>(
        recipe => RecipeJson.Write(recipe), text => RecipeJson.Parse(text));

    private sealed class EnumColumn<T>() : ValueConverter<T, string>(value => EnumName.Of(value), text => EnumName.Parse<T>(text))
        where T : struct, Enum;

    private sealed class TokensColumn() : ValueConverter<ImmutableArray<int>, int[]>(
        tokens => tokens.ToArray(), array => ImmutableArray.Create(array));

    // Reinterprets the same 64 bits as signed and back.
    private sealed class SeedColumn() : ValueConverter<ulong, long>(seed => unchecked((long)seed), bits => unchecked((ulong)bits));

    // Values are never changed in place, so no copy is needed for the comparison.
    private sealed class WholeValueComparer<T>() : ValueComparer<T>(
        (a, b) => object.Equals(a, b), value => value == null ? 0 : value.GetHashCode(), value => value);
}
