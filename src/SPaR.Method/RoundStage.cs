namespace SPaR.Method;

/// <summary>What a round does, in order.</summary>
public enum RoundStage
{
    SelfPlay,
    TrainActor,
    TrainRefiner,
    Evaluate,
    Done,
}
