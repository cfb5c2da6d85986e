using System.Globalization;
using SPaR.Benchmarks;
using SPaR.Benchmarks.Inference;
using SPaR.Benchmarks.Method;
using SPaR.Benchmarks.Service;
using SPaR.Benchmarks.Training;

const string Usage = """
    What to measure:
      training [--json] [--help]        training steps against their own matrix products, on small models or on one block of a
                                        published one; about 3 minutes
      inference [--json] [--help]       the engine under the load of self-play; 15 minutes
      scaling [--json] [--help]         accuracy on the tiny language by number of generations and way of answering; minutes
      judging [--json] [--help]         ways to judge on the tiny language: accuracy and cost; a minute
      service [--json] [--help]         the API, the database and the queue: transfers next to psql, requests and event streams beside
                                        a run; 15 minutes, 10 GB of disk
      throughput MODEL [THREADS [SEQUENCES [RESIDENT]]]
                                        the engine on your model
      sampler [--json]                  the cost of sampling a token, by shape of the logits; seconds
    Compare ratios of one run on one machine; absolute times are not comparable.
    """;

switch (args)
{
    case ["training", TrainingArms.Option, var arm]:
        return TrainingArms.Run(arm);
    case ["training", .. var rest]:
        return TrainingCommand.Run(rest);
    case ["inference", .. var rest]:
        return await InferenceCommand.RunAsync(rest);
    case ["scaling", .. var rest]:
        return await MethodCommand.ScalingAsync(rest);
    case ["judging", .. var rest]:
        return await MethodCommand.JudgingAsync(rest);
    case ["service", .. var rest]:
        return await ServiceCommand.RunAsync(rest);
    case ["throughput", var model, .. var numbers] when !model.StartsWith('-'):
        return await Throughput.RunAsync(model, [.. numbers.Select(n => int.Parse(n, CultureInfo.InvariantCulture))]);
    case ["sampler", .. var rest] when rest is [] or ["--json"]:
        return SamplerCosts.Run(json: rest is ["--json"]);
    default:
        await Console.Error.WriteLineAsync(Usage);
        return args is ["--help" or "-h"] ? 0 : 2;
}
