namespace SPaR.Method.Items;

/// <summary>One instruction in one round of one run: the unit of work, and the first part of the key of every row it produces.</summary>
public readonly record struct ItemKey(string RunId, int Round, string InstructionId);

/// <summary>A row that one item produced.</summary>
public interface IItemRow
{
    string RunId { get; }

    int Round { get; }

    string InstructionId { get; }
}
