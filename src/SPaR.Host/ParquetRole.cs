using SPaR.Service.Uploads;

namespace SPaR.Host;

/// <summary>The process that decodes one uploaded file, <c>--role parquet --file FILE</c>: writes its rows as NDJSON to standard output. No
/// database, no HTTP.</summary>
internal static class ParquetRole
{
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        var path = configuration["file"] ?? throw new StartupException("--role parquet needs --file: the Parquet file to read.");
        await using var output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await ParquetRows.WriteAsync(file, output);
            return 0;
        }
        // The job of this process ends here, whatever a damaged file makes of the library that reads it.
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"spar: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }
}
