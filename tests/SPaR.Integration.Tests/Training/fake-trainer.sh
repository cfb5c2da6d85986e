#!/bin/sh
# Stands in for the training process: copies its rows, writes the metrics of six steps, one every 0.05 s, and copies the model. Files in the folder
# above tell it more: "crash" makes it die once at step 3, "deaths" with a number that often, each time one step on; "fail" makes it
# say why it cannot go on; "slow" makes it wait at step 2, or at the step in the file; "deaf" makes it wait at step 2 too, ignore
# "stop" and SIGTERM, and have a child of its own.
cd "$1" || exit 2
[ -f ../fail ] && { echo '{"code":"not-finite","message":"The loss is not a number.","row":"line 2"}' > failure.json; exit 1; }
[ -f ../deaf ] && { trap '' TERM; sleep 1000 & echo $! > child.pid; }
cp data.ndjson seen.ndjson
stopped() { rm -f stop; exit 3; }
model=$(sed 's/.*"model":"\([^"]*\)".*/\1/' job.json)
step=$(grep -c . metrics.ndjson 2>/dev/null || true)
step=${step:-0}
while [ "$step" -lt 6 ]; do
  step=$((step + 1))
  echo "{\"step\":$step,\"loss\":0.$((9 - step)),\"rewards/margins\":0.$step,\"epoch\":1,\"total_steps\":6}" >> metrics.ndjson
  mkdir -p "checkpoints/step-00000$step" && echo state > "checkpoints/step-00000$step/state"
  [ "$step" = 3 ] && [ -f ../crash ] && { rm ../crash; kill -9 $$; }
  [ -f ../deaths ] && deaths=$(cat ../deaths) && [ "$deaths" -gt 0 ] && { echo $((deaths - 1)) > ../deaths; echo "memory ran out"; kill -9 $$; }
  [ -f stop ] && stopped
  sleep 0.05
  while wait=$(cat ../slow 2>/dev/null) && [ "$step" = "${wait:-2}" ]; do [ -f stop ] && stopped; sleep 0.05; done
  while [ -f ../deaf ] && [ "$step" = 2 ]; do sleep 0.05; done
done
# An adapter in the folder above is what a training with LoRA makes.
grep -q '"lora":{' job.json && { cp ../made-adapter.gguf adapter.part && mv adapter.part adapter.gguf; exit; }
cp "$model" model.part && mv model.part model.gguf
