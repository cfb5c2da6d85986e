namespace SPaR.Migrations;

internal static class EmbeddedSql
{
    public static string Read(string name)
    {
        using var stream = typeof(EmbeddedSql).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in SPaR.Migrations; add it beside its Migration class.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
