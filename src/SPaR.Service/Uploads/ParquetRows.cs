using System.Collections;
using System.Globalization;
using System.Text.Json;
using Parquet;
using Parquet.Serialization;

namespace SPaR.Service.Uploads;

/// <summary>Writes the rows of a Parquet file as NDJSON, one row group at a time: texts, numbers, booleans, times, lists, structs and maps.
/// Runs in a process of its own, see <see cref="ParquetFile"/>.</summary>
public static class ParquetRows
{
    /// <summary>The role of the process.</summary>
    public const string Role = "parquet";

    private const long MostRows = 1 << 20;

    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static async Task WriteAsync(Stream parquet, Stream ndjson, CancellationToken cancellationToken = default)
    {
        // Byte arrays without a type are text, as older writers leave it out.
        var options = new ParquetOptions { TreatByteArrayAsString = true };
        ParquetOptions.PreferUntypedString = true;
        await using var reader = await ParquetReader.CreateAsync(parquet, options, leaveStreamOpen: true, cancellationToken);
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            var rows = reader.RowGroups[group].RowCount;
            if (rows is < 0 or > MostRows)
                throw new InvalidDataException($"Row group {group} has {rows} rows; write row groups of at most {MostRows}.");
            var read = await ParquetSerializer.DeserializeUntypedAsync(parquet, options, group, cancellationToken);
            foreach (var row in read.Data)
            {
                using (var json = new Utf8JsonWriter(ndjson))
                    Write(json, row);
                ndjson.WriteByte((byte)'\n');
            }
        }

        await ndjson.FlushAsync(cancellationToken);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case ReadOnlyMemory<char> text:
                json.WriteStringValue(text.Span);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case double number when !double.IsFinite(number):
            case float single when !float.IsFinite(single):
                json.WriteNullValue();
                break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal:
                json.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case DateTime or DateTimeOffset or DateOnly or TimeOnly:
                json.WriteStringValue(((IFormattable)value).ToString("O", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                json.WriteBase64StringValue(bytes);
                break;
            case ReadOnlyMemory<byte> bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            case IDictionary columns:
                WriteObject(json, columns);
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (var element in list)
                    Write(json, element);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter json, IDictionary columns)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry column in columns)
        {
            json.WritePropertyName(Convert.ToString(column.Key, CultureInfo.InvariantCulture)!);
            Write(json, column.Value);
        }

        json.WriteEndObject();
    }
}
