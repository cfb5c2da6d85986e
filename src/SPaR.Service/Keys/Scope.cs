namespace SPaR.Service.Keys;

/// <summary>What a key may do; each includes those before it.</summary>
public enum Scope
{
    /// <summary>See everything: GET.</summary>
    Read,

    /// <summary>Use the service: upload, register, start, pause, resume, cancel.</summary>
    Submit,

    /// <summary>Run the service: delete, make and revoke keys, read the audit log, take work from a machine that is lost.</summary>
    Admin,
}
