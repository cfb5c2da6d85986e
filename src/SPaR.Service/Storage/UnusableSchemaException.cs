namespace SPaR.Service.Storage;

/// <summary>This version cannot migrate the schema in the database. Nothing was changed.</summary>
public sealed class UnusableSchemaException(string message) : Exception(message);
