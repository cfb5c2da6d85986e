using SPaR.Cli;

// Ctrl-C cancels a command. An orderly stop of the service and its database takes longer than the default of two seconds.
return await SparCommand.Create().Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
