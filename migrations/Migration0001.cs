using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes every table; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0001_first")]
public sealed class Migration0001() : SqlMigration("it would delete every run.");
