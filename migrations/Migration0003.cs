using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Says which machine a training run belongs to, what its adapter is and what of an example is not learnt; the SQL stands
/// beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0003_training_places")]
public sealed class Migration0003() : SqlMigration("it would forget which machine trains what.");
