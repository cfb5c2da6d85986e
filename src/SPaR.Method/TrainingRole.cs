namespace SPaR.Method;

/// <summary>The model of a run that is trained.</summary>
public enum TrainingRole
{
    Actor,
    Refiner,
}
