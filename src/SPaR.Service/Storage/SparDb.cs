namespace SPaR.Service.Storage;

/// <summary>The service's database, in the schema <c>spar</c>. Knows no feature: each declares its rows as an
/// <see cref="IEntityTypeConfiguration{TEntity}"/> and its tables as extension properties. After changing a row, run
/// <c>dotnet ef migrations add</c>, which writes a migration into <c>migrations/</c>; a test fails if it is missing.</summary>
public sealed class SparDb(DbContextOptions<SparDb> options) : DbContext(options)
{
    public const string Schema = "spar";

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => Columns.Configure(configurationBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(SparDb).Assembly);
    }
}
