using SPaR.Method.Input;
using SPaR.Service.Jobs;

namespace SPaR.Service.Conversions;

/// <summary>Describes a conversion's job by the per cent that are done.</summary>
internal sealed class ConvertJobDescriber(IDbContextFactory<SparDb> databases) : IJobDescriber
{
    public string Kind => JobKinds.Convert;

    public async Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Conversions.AsNoTracking().SingleOrDefaultAsync(c => c.Id == key, cancellationToken) is { } conversion
            ? new(
                key, $"{EnumName.Of(conversion.Kind)}, {EnumName.Of(conversion.Status)}", (int)(conversion.Progress * 100), 100,
                $"/v1/conversions/{key}")
            : null;
    }
}
