namespace SPaR.Method.Items;

/// <summary>What a person says of a pair.</summary>
public enum HumanVerdict
{
    Accept,

    Reject,

    /// <summary>Accepts it with another chosen answer.</summary>
    Edit,
}
