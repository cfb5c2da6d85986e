namespace SPaR.Service.Uploads;

/// <summary>The uploaded file as a whole cannot be read.</summary>
/// <param name="message">What is wrong with it, and what to send instead.</param>
internal sealed class UnreadableFileException(string message) : Exception(message);
