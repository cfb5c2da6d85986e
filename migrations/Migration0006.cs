using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes evaluations and what they measure with; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0006_evaluations")]
public sealed class Migration0006() : SqlMigration("it would forget every evaluation.");
