#!/usr/bin/env bash
# Runs the built test projects and adds up their reports. `--quick`, as the first argument, leaves out the integration tests; further
# arguments go to the runner, such as --filter-class "*Seed*".
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
projects=(SPaR.Tests SPaR.Integration.Tests)
[ "${1:-}" != --quick ] || { projects=(SPaR.Tests); shift; }

results=$root/.spar/tests passed=0 failed=0 skipped=0
count() { sed -nE "s/.*<Counters .*\b$1=\"([0-9]+)\".*/\1/p" "$report"; }
rm -rf "$results"
for name in "${projects[@]}"; do
  report=$results/$name.trx new=0
  dotnet test --project "$root/tests/$name" -c Release --no-build --results-directory "$results" \
    --report-xunit-trx --report-xunit-trx-filename "$name.trx" --ignore-exit-code 8 --timeout 22m \
    --xunit-diagnostics on --long-running 60 "$@" </dev/null || new=1
  if [ -f "$report" ]; then
    [ "$(count failed)" = 0 ] || new=$(count failed)
    passed=$((passed + $(count passed))) skipped=$((skipped + $(count notExecuted)))
  fi
  # A project that fails without a failed test (a crash, a bad filter) counts as one failure.
  failed=$((failed + new))
done
echo "The slowest tests:"
results_of() { find "$results" -name '*.trx' -exec grep -ohE '<UnitTestResult [^>]*>' {} +; }
results_of | sed -nE 's/.*testName="([^"]*)".* duration="00:([0-9:.]{8}).*/  \2  \1/p' | sort -r | sed -n 1,10p
results_of | sed -nE 's/.*testName="([^"]*)" outcome="Failed".*/failed: \1/p'
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
