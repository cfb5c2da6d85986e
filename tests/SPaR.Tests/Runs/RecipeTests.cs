using System.Text.Json;
using SPaR.Runs;

namespace SPaR.Tests;

public sealed class RecipeTests
{
    public static string Json(object row) => JsonSerializer.Serialize(row, RecipeJson.Options);
}
