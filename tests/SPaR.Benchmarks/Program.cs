using BenchmarkDotNet.Running;
using SPaR.Benchmarks;

// `-- throughput model.gguf` measures the engine on a model, `-- binding` the calls to libtorch; anything else is BenchmarkDotNet's.
if (args is ["throughput", var model, ..])
    return await Throughput.RunAsync(model, [.. args.Skip(2).Select(a => int.Parse(a, System.Globalization.CultureInfo.InvariantCulture))]);
if (args is ["binding"])
    return TorchBindingBenchmark.Run();
BenchmarkSwitcher.FromAssembly(typeof(Throughput).Assembly).Run(args);
return 0;
