namespace SPaR.Method;

public enum RunStatus
{
    Queued,
    Running,
    Pausing,
    Paused,
    Cancelling,
    Cancelled,
    Succeeded,
    Failed,
}
