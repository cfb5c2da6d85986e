namespace SPaR.Service.Http;

/// <summary>What a request body looks like, for the OpenAPI document; stands beside the endpoint that takes it.</summary>
public sealed record BodyExample(string Text, string ContentType = "application/json");
