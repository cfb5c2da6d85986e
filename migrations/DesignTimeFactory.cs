using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Service.Storage;

namespace SPaR.Migrations;

/// <summary>Gives the model to <c>dotnet ef</c>. Writing a migration opens no connection.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<SparDb>
{
    public SparDb CreateDbContext(string[] args) => new ServiceCollection().AddSparStorage("Host=127.0.0.1")
        .BuildServiceProvider().GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContext();
}
