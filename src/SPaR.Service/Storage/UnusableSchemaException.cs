namespace SPaR.Service.Storage;

/// <summary>The schema in the database is not one that this version can migrate. Nothing was changed.</summary>
public sealed class UnusableSchemaException(string message) : Exception(message);
