namespace SPaR.Llama.Scheduling;

/// <param name="Sequences">The most that are computed at once.</param>
/// <param name="ResidentCells">While more cells than this are in use, what nothing runs on and nobody leased is dropped.</param>
/// <param name="Ends">By token id, whether it ends a turn.</param>
/// <param name="Shape">How many sequences go into one evaluation.</param>
internal sealed record SchedulerOptions(int Sequences, int ResidentCells, bool[] Ends, BatchShape Shape)
{
    private const int MostSlots = 256;

    /// <summary>How many sequences a context has: those that run, and as many more that stay resident. llama.cpp knows no more than 256 and
    /// sets logits aside for each.</summary>
    public static int Slots(int sequences) => Math.Min(MostSlots, 4 * sequences);
}
