namespace SPaR.Service.Http;

/// <summary>An example of a request body, for the OpenAPI document. Declared next to the endpoint that takes it.</summary>
public sealed record BodyExample(string Text, string ContentType = "application/json");
