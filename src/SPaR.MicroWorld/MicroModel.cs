namespace SPaR.MicroWorld;

/// <summary>The model of the tiny language and its recipe. MODEL_CARD.md describes it.</summary>
public static class MicroModel
{
    public const string FileName = "micro.gguf";

    /// <summary>The GGUF file, in this program's folder.</summary>
    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, FileName);

    /// <summary>The recipe as JSON, as a run takes it.</summary>
    public static string ReadRecipe()
    {
        using var stream = typeof(MicroModel).Assembly.GetManifestResourceStream("recipe.json")
            ?? throw new InvalidOperationException("recipe.json is not embedded in SPaR.MicroWorld: rebuild the project.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
