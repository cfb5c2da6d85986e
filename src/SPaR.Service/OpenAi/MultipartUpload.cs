using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using SPaR.Method.Input;
using SPaR.Service.Keys;
using SPaR.Service.Uploads;

namespace SPaR.Service.OpenAi;

/// <summary>A multipart form with one file, received whole. Its parts may come in any order.</summary>
/// <param name="File">Null if there is none.</param>
/// <param name="FileName">As the client calls it.</param>
/// <param name="Fields">The other parts, by name.</param>
internal sealed record MultipartUpload(UploadedFile? File, string? FileName, IReadOnlyDictionary<string, string> Fields) : IAsyncDisposable
{
    public const string ContentType = "multipart/form-data", FilePart = "file";

    private const int MostParts = 20, LongestField = 1000, LongestBoundary = 200, GenericFailure = unchecked((int)0x80131620);

    /// <exception cref="InvalidInputException">The body is no such form.</exception>
    public static async Task<MultipartUpload> ReceiveAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var limit = BodyLimits.RaiseForUpload(http);
        var reader = new MultipartReader(BoundaryOf(http.Request), http.Request.Body);
        UploadedFile? file = null;
        string? fileName = null;
        var fields = new Dictionary<string, string>();
        try
        {
            for (var parts = 0; await reader.ReadNextSectionAsync(cancellationToken) is { } section; parts++)
            {
                var (name, given) = NameOf(section);
                if (parts == MostParts)
                    throw Invalid("body", $"has more than {MostParts} parts.");
                if (name == FilePart ? file is not null : fields.ContainsKey(name))
                    throw Invalid(name, "is given twice.");
                if (name == FilePart)
                    (file, fileName) = (await UploadedFile.ReceiveAsync(section.Body, false, limit, cancellationToken), given);
                else
                    fields[name] = await TextAsync(section, name, cancellationToken);
            }

            return new(file, fileName, fields);
        }
        // What the reader says of a form that ends too early or whose headers are too long. A full disk says more.
        catch (Exception e) when (e is InvalidDataException or IOException { HResult: GenericFailure } and not BadHttpRequestException)
        {
            await DisposeAsync(file);
            throw Invalid("body", "is not a complete multipart form.");
        }
        catch
        {
            await DisposeAsync(file);
            throw;
        }
    }

    public ValueTask DisposeAsync() => DisposeAsync(File);

    private static ValueTask DisposeAsync(UploadedFile? file) => file?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string BoundaryOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(
            ContentType, StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= LongestBoundary } boundary
            ? boundary
            : throw Invalid("body", $"must be a multipart form: Content-Type: {ContentType}; boundary=….");

    private static (string Name, string? FileName) NameOf(MultipartSection section)
    {
        if (section.GetContentDispositionHeader() is not { } header || HeaderUtilities.RemoveQuotes(header.Name).Value is not { } name)
            throw Invalid("body", "has a part without a name.");
        var file = header.FileNameStar.HasValue ? header.FileNameStar : header.FileName;
        return (name, HeaderUtilities.RemoveQuotes(file).Value);
    }

    private static async Task<string> TextAsync(MultipartSection section, string name, CancellationToken cancellationToken)
    {
        var bytes = new byte[LongestField + 1];
        var length = await section.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= LongestField
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw Invalid(name, $"is longer than {LongestField} bytes.");
    }

    private static InvalidInputException Invalid(string field, string message) => new("invalid-form", [new(field, message)]);
}
