using System.Net;
using System.Runtime.InteropServices;
using System.Text;

// Stands in for SPaR.Host in tests of the supervisor: prints who it is, answers /health/ready with 200 once a file `ready` is in its
// folder, stops on SIGTERM, and ends at once while a file `die-<role>` is there. Arguments: FOLDER --role ROLE.
var (folder, role) = (args[0], args[^1]);
Console.WriteLine(
    $"{role} {Environment.ProcessId} {Environment.GetEnvironmentVariable("ConnectionStrings__Spar")} "
    + Environment.GetEnvironmentVariable("Models__Folder"));
if (File.Exists(Path.Combine(folder, $"die-{role}")))
{
    Console.Error.WriteLine($"{role} cannot live");
    return 3;
}

using var stopped = new ManualResetEventSlim();
using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    Console.WriteLine($"{role} stops");
    stopped.Set();
});
if (role == "api")
{
    var listener = new HttpListener { Prefixes = { $"{Environment.GetEnvironmentVariable("Urls")}/" } };
    listener.Start();
    new Thread(() => Answer(listener)) { IsBackground = true }.Start();
}

stopped.Wait();
return 0;

void Answer(HttpListener listener)
{
    while (true)
    {
        var context = listener.GetContext();
        var ready = context.Request.Url!.AbsolutePath == "/health/ready" && File.Exists(Path.Combine(folder, "ready"));
        context.Response.StatusCode = ready ? 200 : 503;
        context.Response
            .Close(Encoding.UTF8.GetBytes($$"""{"instance": "{{Environment.GetEnvironmentVariable("Instance")}}"}"""), willBlock: true);
    }
}
