using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Lets a model be an adapter on another; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0005_adapters")]
public sealed class Migration0005() : SqlMigration("adapters would stand as models without a base.");
