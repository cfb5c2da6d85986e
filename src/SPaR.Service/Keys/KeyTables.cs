using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Keys;

/// <summary>The tables of API keys, logins and the audit log.</summary>
internal static class KeyTables
{
    extension(SparDb db)
    {
        public DbSet<ApiKey> ApiKeys => db.Set<ApiKey>();

        public DbSet<KeySession> KeySessions => db.Set<KeySession>();

        public DbSet<AuditEntry> AuditLog => db.Set<AuditEntry>();
    }
}

internal sealed class ApiKeyTable : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> table) => table.ToTable("api_keys");
}

internal sealed class KeySessionTable : IEntityTypeConfiguration<KeySession>
{
    public void Configure(EntityTypeBuilder<KeySession> table)
    {
        table.ToTable("key_sessions");
        table.HasOne<ApiKey>().WithMany().HasForeignKey(s => s.KeyId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class AuditEntryTable : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> table)
    {
        table.ToTable("audit_log");
        table.HasIndex(e => e.At);
    }
}
