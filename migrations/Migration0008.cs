using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes the tables of keys, logins and the audit log; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0008_keys")]
public sealed class Migration0008() : SqlMigration("it would forget every key and who changed what.");
