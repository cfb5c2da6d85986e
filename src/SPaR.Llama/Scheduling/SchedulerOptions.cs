namespace SPaR.Llama.Scheduling;

/// <param name="Sequences">The most sequences that run at once.</param>
/// <param name="ResidentCells">Above this number of used cells, prefixes that are neither running nor leased are evicted.</param>
/// <param name="Ends">[vocabulary] Whether the token ends a turn.</param>
/// <param name="Shape">How many sequences go into one evaluation.</param>
internal sealed record SchedulerOptions(int Sequences, int ResidentCells, bool[] Ends, BatchShape Shape)
{
    private const int MostSlots = 256;

    /// <summary>How many sequences a context has: the running ones and three times as many cached prefixes. llama.cpp allows 256 and
    /// reserves logits for each.</summary>
    public static int Slots(int sequences) => Math.Min(MostSlots, 4 * sequences);
}
