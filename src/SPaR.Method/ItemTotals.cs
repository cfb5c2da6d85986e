namespace SPaR.Method;

/// <param name="Leased">Pending ones that a worker holds right now.</param>
internal sealed record ItemTotals(int All, int Pending, int Leased, int Errors);
