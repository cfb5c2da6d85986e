using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Adds training runs, datasets and the lineage of models; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0002_training")]
public sealed class Migration0002() : SqlMigration("it would delete every training run.");
