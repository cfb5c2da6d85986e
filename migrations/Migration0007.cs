using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes room for what a program says of answers; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0007_verifier")]
public sealed class Migration0007() : SqlMigration("it would forget what was verified.");
