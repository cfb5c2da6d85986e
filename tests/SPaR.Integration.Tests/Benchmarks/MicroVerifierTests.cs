using SPaR.Benchmarks.Method;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Benchmarks;

public sealed class MicroVerifierTests
{
    [Fact]
    public void It_says_what_the_world_says_and_writes_what_a_perfect_judge_would()
    {
        var probes = new VerifiableMicroWorld().Probes(100);

        probes.ShouldContain(p => p.Satisfies);
        foreach (var probe in probes)
        {
            var verifier = new MicroVerifier(probe.Prompt);
            verifier.Check(probe.Answer).AllStrict.ShouldBe(probe.Satisfies, probe.Prompt);
            if (!probe.Satisfies)
                $"{verifier.Critique(probe.Answer)} No".ShouldBe(probe.Critique);
        }
    }
}
