namespace SPaR.Service.Keys;

/// <summary>What a key may do; each scope includes the previous ones.</summary>
public enum Scope
{
    /// <summary>Read everything: GET.</summary>
    Read,

    /// <summary>Use the service: upload, register, start, pause, resume, cancel.</summary>
    Submit,

    /// <summary>Administer the service: delete, create and revoke keys, read the audit log, take work from a lost machine.</summary>
    Admin,
}
