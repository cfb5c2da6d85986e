using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes the rounds of runs; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0004_rounds")]
public sealed class Migration0004() : SqlMigration("it would forget which round made which model.");
